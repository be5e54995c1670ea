import type { QueuedPacket, QueueKey, StoredMessage } from '../../../broker/store-port.ts';
import type { StoredProperties } from '../../../broker/stored-properties.ts';
import { qosOf } from '../../../mqtt/fields.ts';
import type { Qos } from '../../../plane/message.ts';
import type { QueueDelivery } from '../../memory/client-queue.ts';
import { RecordReader, RecordWriter } from '../files/bytes.ts';
import { damaged } from '../files/damaged.ts';

/**
 * A stored message: a head of fixed length, which differs from queue to queue, and a body, which is the same in all.
 *
 *     head  0 flags  1 time queued (u48 ms)  7 message expiry (u48 ms, 0 none)  13 size in bytes (u32)
 *           17 counter (f64, -1 none)  25 number of subscription identifiers (u16), then each (u32)
 *     body  node (text)  publisher (text)  topic (text)  payload (bytes)  properties (text, JSON)  correlation data (bytes)
 *
 * Behind the body the filters (text) of the shared subscriptions, in the queue of a client that has it by no other.
 */
const headBytes = 27;
const none = -1;

const qosMask = 0b11;
const retainFlag = 0b100;
const releasedFlag = 0b1000;
const textPayloadFlag = 0b1_0000;
const publisherFlag = 0b10_0000;
const propertiesFlag = 0b100_0000;
const correlationFlag = 0b1000_0000;

/** What of a record is needed without decoding it. */
export interface MessageHead {
  readonly queuedAt: number;
  readonly expiresAt: number | undefined;
  /** Bytes of topic, payload and properties; 0 when only the PUBREL is left. */
  readonly size: number;
  readonly isReleased: boolean;
  readonly counter: number | undefined;
}

/** The part that all queues share. */
export interface MessageBody {
  readonly flags: number;
  readonly bytes: Buffer;
}

/** Copies everything: what the caller does to the packet later does not reach it. */
export function encodeBody({ payload, runId = '', clientId, topic, properties }: StoredMessage): MessageBody {
  const { correlationData, ...rest } = properties ?? {};
  const json = properties === undefined ? '' : JSON.stringify(rest);
  const publisher = clientId ?? '';
  const data = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const correlation = correlationData ?? noBytes;
  const texts = [runId, publisher, topic, json];
  const lengths = texts.map((text) => Buffer.byteLength(text));
  const total = lengths.reduce((sum, length) => sum + length, 24 + data.length + correlation.length);
  const bytes = Buffer.allocUnsafe(total);
  let at = 0;
  const write = (length: number, copy: (at: number) => void): void => {
    bytes.writeUInt32BE(length, at);
    copy(at + 4);
    at += 4 + length;
  };
  for (const [index, text] of [runId, publisher, topic].entries())
    write(lengths[index] ?? 0, (start) => bytes.write(text, start));
  write(data.length, (start) => bytes.set(data, start));
  write(lengths[3] ?? 0, (start) => bytes.write(json, start));
  write(correlation.length, (start) => bytes.set(correlation, start));
  const flags =
    (typeof payload === 'string' ? textPayloadFlag : 0) |
    (clientId === undefined ? 0 : publisherFlag) |
    (properties === undefined ? 0 : propertiesFlag) |
    (correlationData === undefined ? 0 : correlationFlag);
  return { flags, bytes };
}

const noBytes = new Uint8Array(0);

export interface RecordTimes {
  readonly queuedAt: number;
  /** Bytes of topic, payload and properties. */
  readonly size: number;
}

/** One record of a queue, or of a retained message. */
export function encodeMessage(
  { expiresAt = 0, counter = none }: StoredMessage,
  { qos, retain, identifiers, shared }: QueueDelivery,
  body: MessageBody,
  { queuedAt, size }: RecordTimes,
): Buffer {
  const length = headBytes + identifiers.length * 4;
  const record = Buffer.allocUnsafe(length + body.bytes.length);
  record[0] = qos | (retain ? retainFlag : 0) | body.flags;
  record.writeUIntBE(Math.max(0, Math.floor(queuedAt)), 1, 6);
  record.writeUIntBE(Math.max(0, Math.ceil(expiresAt)), 7, 6);
  record.writeUInt32BE(size, 13);
  record.writeDoubleBE(counter, 17);
  record.writeUInt16BE(identifiers.length, 25);
  for (const [index, identifier] of identifiers.entries()) record.writeUInt32BE(identifier, headBytes + index * 4);
  body.bytes.copy(record, length);
  return shared === undefined ? record : Buffer.concat([record, textsOf(shared)]);
}

function textsOf(texts: readonly string[]): Buffer {
  const writer = new RecordWriter();
  for (const text of texts) writer.text(text);
  return writer.end();
}

/** What is left of a received QoS 2 message: its identity and that it waits for PUBCOMP. [MQTT-4.3.3-1] */
export function releasedRecord(record: Buffer): Buffer {
  const head = Buffer.from(record.subarray(0, headBytes));
  const reader = bodyReader(record);
  const brokerId = Buffer.from(reader.text());
  head[0] = releasedFlag | ((record[0] ?? 0) & qosMask);
  head.writeUInt32BE(0, 13);
  head.writeUInt16BE(0, 25);
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(brokerId.length, 0);
  return Buffer.concat([head, length, brokerId]);
}

/** @throws StoreError store-damaged */
export function messageHead(record: Buffer): MessageHead {
  const expiresAt = expiryIn(record);
  const counter = record.readDoubleBE(17);
  return {
    queuedAt: record.readUIntBE(1, 6),
    expiresAt,
    size: record.readUInt32BE(13),
    isReleased: ((record[0] ?? 0) & releasedFlag) !== 0,
    counter: counter === none ? undefined : counter,
  };
}

/** The QoS at which it is delivered. */
export const qosIn = (record: Buffer): Qos => qosOf((record[0] ?? 0) & qosMask) ?? 0;

/** Name of the message among the queues; undefined when it has none. */
export function identityOf(record: Buffer): QueueKey | undefined {
  const { counter } = messageHead(record);
  return counter === undefined ? undefined : { runId: bodyReader(record).text(), counter };
}

/** The packet of a record. @param packetId under which it was sent. @throws StoreError store-damaged */
export function decodeMessage(record: Buffer, packetId?: number): QueuedPacket {
  const { expiresAt, isReleased, counter } = messageHead(record);
  if (isReleased) return { cmd: 'pubrel', packetId: packetId ?? 0 };
  const flags = record[0] ?? 0;
  const reader = bodyReader(record);
  const runId = reader.text();
  const clientId = reader.text();
  const topic = reader.text();
  const payload = reader.bytes();
  const properties = propertiesOf(flags, reader, identifiersIn(record));
  const shared = reader.isAtEnd ? undefined : textsIn(reader);
  return {
    cmd: 'publish',
    ...(counter === undefined ? { runId: undefined, counter } : { runId, counter }),
    topic,
    payload: (flags & textPayloadFlag) === 0 ? payload : payload.toString(),
    qos: qosIn(record),
    retain: (flags & retainFlag) !== 0,
    dup: packetId !== undefined, // sent before [MQTT-3.3.1-1]
    packetId,
    ...((flags & publisherFlag) === 0 ? {} : { clientId }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(shared === undefined ? {} : { shared }),
    ...(properties === undefined ? {} : { properties }),
  };
}

function textsIn(reader: RecordReader): readonly string[] {
  const texts: string[] = [];
  while (!reader.isAtEnd) texts.push(reader.text());
  return texts;
}

/** A retained message without its name and its publisher, which matter in queues. @throws StoreError store-damaged */
export function decodeRetained(record: Buffer): StoredMessage {
  const flags = record[0] ?? 0;
  const reader = bodyReader(record);
  reader.skip(); // node
  reader.skip(); // publisher
  const topic = reader.text();
  const payload = reader.bytes();
  const properties = propertiesOf(flags, reader, noIdentifiers);
  reader.end();
  return {
    cmd: 'publish',
    topic,
    payload: (flags & textPayloadFlag) === 0 ? payload : payload.toString(),
    qos: qosIn(record),
    retain: true,
    expiresAt: expiryIn(record),
    properties,
  };
}

/** Milliseconds since the epoch; undefined where it does not expire. @throws StoreError store-damaged */
export function expiryIn(record: Buffer): number | undefined {
  if (record.length < headBytes) throw damaged('a message of the store ends too early');
  return record.readUIntBE(7, 6) || undefined;
}

function propertiesOf(
  flags: number,
  reader: RecordReader,
  [first, ...more]: readonly number[],
): StoredProperties | undefined {
  if ((flags & propertiesFlag) === 0 && first === undefined) {
    reader.skip();
    reader.skip();
    return undefined;
  }
  const json = reader.text();
  const correlationData = reader.bytes();
  return {
    ...(json === '' ? {} : parseProperties(json)),
    ...((flags & correlationFlag) === 0 ? {} : { correlationData }),
    ...(first === undefined ? {} : { subscriptionIdentifier: more.length === 0 ? first : [first, ...more] }),
  };
}

function parseProperties(json: string): StoredProperties {
  try {
    const properties: StoredProperties = JSON.parse(json);
    return properties;
  } catch (cause) {
    throw damaged('the properties of a message of the store cannot be read', cause);
  }
}

const identifierCount = (record: Buffer): number => record.readUInt16BE(25);

const noIdentifiers: readonly number[] = [];

function identifiersIn(record: Buffer): readonly number[] {
  if (identifierCount(record) === 0) return noIdentifiers;
  return Array.from({ length: identifierCount(record) }, (_, index) => record.readUInt32BE(headBytes + index * 4));
}

const bodyReader = (record: Buffer): RecordReader => {
  if (record.length < headBytes) throw damaged('a message of the store ends too early');
  return new RecordReader(record, 'a message', headBytes + identifierCount(record) * 4);
};

/** The topic of a message; undefined when only the PUBREL is left. */
export function topicOfRecord(record: Buffer): string | undefined {
  if (messageHead(record).isReleased) return undefined;
  const reader = bodyReader(record);
  reader.skip(); // node
  reader.skip(); // publisher
  return reader.text();
}
