import type { StoredSubscription } from '../../broker/session-store.ts';
import { qosOf } from '../../mqtt/fields.ts';
import { RecordReader, RecordWriter } from './files/bytes.ts';

const qosMask = 0b11;
const noLocal = 0b100;
const retainAsPublished = 0b1000;
const handlingShift = 4;
/** Retain Handling may be absent, as every option of an MQTT 3 subscription. */
const absentHandling = 3;
const hasNoLocal = 0b100_0000;
const hasRetainAsPublished = 0b1000_0000;

export function encodeSubscription({
  topic,
  qos,
  rh,
  rap,
  nl,
  subscriptionIdentifier = 0,
}: StoredSubscription): Buffer {
  const flags =
    qos |
    (nl === true ? noLocal : 0) |
    (rap === true ? retainAsPublished : 0) |
    ((rh ?? absentHandling) << handlingShift) |
    (nl === undefined ? 0 : hasNoLocal) |
    (rap === undefined ? 0 : hasRetainAsPublished);
  return new RecordWriter().u8(flags).u32(subscriptionIdentifier).text(topic).end();
}

/** @param likely a filter that other sessions have. @throws StoreError store-damaged */
export function decodeSubscription(record: Buffer, likely = ''): StoredSubscription {
  const reader = new RecordReader(record, 'a subscription');
  const flags = reader.u8();
  const identifier = reader.u32();
  const topic = reader.text(likely);
  reader.end();
  const handling = (flags >> handlingShift) & 0b11;
  const subscription = {
    topic,
    qos: qosOf(flags & qosMask) ?? 0,
    rh: handling === absentHandling ? undefined : handling,
    rap: (flags & hasRetainAsPublished) === 0 ? undefined : (flags & retainAsPublished) !== 0,
    nl: (flags & hasNoLocal) === 0 ? undefined : (flags & noLocal) !== 0,
  };
  return identifier === 0 ? subscription : { ...subscription, subscriptionIdentifier: identifier };
}
