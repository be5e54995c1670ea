import type { StoredSubscription } from '../../broker/store-port.ts';
import { qosOf } from '../../mqtt/fields.ts';
import { RecordReader, RecordWriter } from './files/bytes.ts';

const qosMask = 0b11;
const noLocalFlag = 0b100;
const retainAsPublishedFlag = 0b1000;
const handlingShift = 4;
/** Retain Handling may be absent, as every option of an MQTT 3 subscription. */
const absentHandling = 3;
const hasNoLocal = 0b100_0000;
const hasRetainAsPublished = 0b1000_0000;

export function encodeSubscription({
  filter,
  qos,
  retainHandling,
  retainAsPublished,
  noLocal,
  identifier = 0,
}: StoredSubscription): Buffer {
  const flags =
    qos |
    (noLocal === true ? noLocalFlag : 0) |
    (retainAsPublished === true ? retainAsPublishedFlag : 0) |
    ((retainHandling ?? absentHandling) << handlingShift) |
    (noLocal === undefined ? 0 : hasNoLocal) |
    (retainAsPublished === undefined ? 0 : hasRetainAsPublished);
  return new RecordWriter().u8(flags).u32(identifier).text(filter).end();
}

/** @param likely a filter that other sessions have. @throws StoreError store-damaged */
export function decodeSubscription(record: Buffer, likely = ''): StoredSubscription {
  const reader = new RecordReader(record, 'a subscription');
  const flags = reader.u8();
  const identifier = reader.u32();
  const filter = reader.text(likely);
  reader.end();
  const handling = (flags >> handlingShift) & 0b11;
  const subscription = {
    filter,
    qos: qosOf(flags & qosMask) ?? 0,
    retainHandling: handling === absentHandling ? undefined : handling,
    retainAsPublished: (flags & hasRetainAsPublished) === 0 ? undefined : (flags & retainAsPublishedFlag) !== 0,
    noLocal: (flags & hasNoLocal) === 0 ? undefined : (flags & noLocalFlag) !== 0,
  };
  return identifier === 0 ? subscription : { ...subscription, identifier };
}
