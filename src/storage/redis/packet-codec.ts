import { decode, encode } from 'msgpack-lite';
import type { StoredMessage, StoredWill } from '../../broker/store-port.ts';
import type { QueueDelivery } from '../memory/client-queue.ts';

/** The package's encoding. What is undefined is left out, because it would come back as null. */
export const toBytes = (value: object): Buffer => encode(storable(value));

/** A retained message or a will, in the words of the package. */
export function encodeRecord(packet: StoredMessage | StoredWill): Buffer {
  const { runId, counter, expiresAt, packetId: _packetId, ...rest } = packet;
  return toBytes({ ...rest, brokerId: runId, brokerCounter: counter, messageExpiry: expiresAt });
}

/** Bytes have to be a Buffer, or they come back as something else. */
const storable = (value: object): object =>
  Object.fromEntries(
    Object.entries(value).flatMap(([name, one]: [string, unknown]) => {
      if (one === undefined) return [];
      if (one instanceof Uint8Array) return [[name, Buffer.from(one.buffer, one.byteOffset, one.byteLength)]];
      return [[name, name === 'properties' && typeof one === 'object' && one !== null ? storable(one) : one]];
    }),
  );

/** Fields of what was stored; empty for bytes that are no record. */
export function toRecord(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const decoded: unknown = decode(bytes);
  if (typeof decoded !== 'object' || decoded === null) return {};
  return Object.fromEntries(Object.entries(decoded).filter(([, one]) => one !== null));
}

/** @returns undefined for what is none */
export function toWill(bytes: Uint8Array): StoredWill | undefined {
  const { clientId, publishAt, topic, ...rest } = toRecord(bytes);
  if (typeof clientId !== 'string' || typeof topic !== 'string') return undefined;
  const message = toMessage(topic, rest);
  return message && { ...message, clientId, ...(typeof publishAt === 'number' ? { publishAt } : {}) };
}

/** A retained message, as we or the package stored it. @returns undefined for what is none */
export function toRetained(topic: string, bytes: Uint8Array): StoredMessage | undefined {
  const fields = toRecord(bytes);
  const message = toMessage(topic, { ...fields, retain: fields['retain'] !== false });
  return message && { ...message, cmd: 'publish' };
}

function toMessage(topic: string, fields: Readonly<Record<string, unknown>>): StoredMessage | undefined {
  const { payload, qos, retain, properties, messageExpiry, brokerId, brokerCounter, ...rest } = fields;
  if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return undefined;
  return {
    ...rest,
    topic,
    payload,
    qos: toQos(qos),
    retain: retain === true,
    ...(typeof properties === 'object' && properties !== null ? { properties } : {}),
    ...(typeof messageExpiry === 'number' ? { expiresAt: messageExpiry } : {}),
    ...(typeof brokerId === 'string' ? { runId: brokerId } : {}),
    ...(typeof brokerCounter === 'number' ? { counter: brokerCounter } : {}),
  };
}

/** 0 for what is no QoS. */
export const toQos = (value: unknown): StoredMessage['qos'] => (value === 2 ? 2 : value === 1 ? 1 : 0);

const headerLengthBytes = 4;

/**
 * A queued message: length of the header, the header as JSON, the payload. Several times faster than the package's
 * encoding, and queues are what has to be fast. What differs between clients (QoS, retain flag, identifiers, packet
 * identifier) does not stand in it.
 */
export function encodePacket(packet: StoredMessage): Buffer {
  const { topic, payload, clientId, properties, expiresAt, runId, counter } = packet;
  const text = typeof payload === 'string' ? 1 : undefined;
  const [p, d] = properties === undefined ? [] : splitProperties(properties);
  const header = JSON.stringify({
    t: topic,
    c: clientId,
    e: expiresAt,
    b: runId,
    n: counter,
    s: text,
    p,
    d,
  });
  const headerLength = Buffer.byteLength(header);
  const payloadLength = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.byteLength;
  const bytes = Buffer.allocUnsafe(headerLengthBytes + headerLength + payloadLength);
  bytes.writeUInt32BE(headerLength);
  bytes.write(header, headerLengthBytes);
  if (typeof payload === 'string') bytes.write(payload, headerLengthBytes + headerLength);
  else bytes.set(payload, headerLengthBytes + headerLength);
  return bytes;
}

interface Header {
  readonly t: string;
  readonly c?: string;
  readonly e?: number;
  readonly b?: string;
  readonly n?: number;
  readonly s?: 1;
  readonly p?: object;
  /** Correlation Data, the one property that is binary, in base 64. */
  readonly d?: string;
}

/**
 * How one client gets a message: `<QoS><retain><identifiers, separated by commas>` and, where it came through shared
 * subscriptions alone, a space and their filters as JSON.
 */
export type DeliveryText = string;

export function deliveryText({ qos, retain, identifiers, shared }: QueueDelivery): DeliveryText {
  const text = `${qos}${retain ? 1 : 0}${identifiers.join(',')}`;
  return shared === undefined ? text : `${text} ${JSON.stringify(shared)}`;
}

/** @param messageId undefined when it was not sent yet */
export function decodePacket(bytes: Buffer, delivery: DeliveryText, messageId: number | undefined): StoredMessage {
  const payloadStart = headerLengthBytes + bytes.readUInt32BE();
  const header: Header = JSON.parse(bytes.toString('utf8', headerLengthBytes, payloadStart));
  const { t, c, e, b, n, s, p, d } = header;
  const end = delivery.indexOf(' ');
  const identifiers = end === -1 ? delivery.slice(2) : delivery.slice(2, end);
  const properties = propertiesOf(p, d, identifiers === '' ? [] : identifiers.split(',').map(Number));
  const payload = bytes.subarray(payloadStart);
  return {
    cmd: 'publish',
    runId: b,
    counter: n,
    topic: t,
    payload: s === 1 ? payload.toString() : payload,
    qos: toQos(Number(delivery[0])),
    retain: delivery[1] === '1',
    dup: messageId !== undefined, // sent before [MQTT-3.3.1-1]
    packetId: messageId,
    ...(c === undefined ? {} : { clientId: c }),
    ...(e === undefined ? {} : { expiresAt: e }),
    ...(end === -1 ? {} : { shared: JSON.parse(delivery.slice(end + 1)) }),
    ...(properties === undefined ? {} : { properties }),
  };
}

export const topicOfPacket = (bytes: Buffer): string => decodePacket(bytes, '00', undefined).topic;

function splitProperties(properties: object): [object, string?] {
  if (!('correlationData' in properties) || !(properties.correlationData instanceof Uint8Array)) return [properties];
  const { correlationData, ...rest } = properties;
  return [rest, Buffer.from(correlationData).toString('base64')];
}

function propertiesOf(plain: object | undefined, data: string | undefined, identifiers: readonly number[]) {
  if (plain === undefined && identifiers.length === 0) return undefined;
  const [first, ...more] = identifiers;
  return {
    ...plain,
    ...(data === undefined ? {} : { correlationData: Buffer.from(data, 'base64') }),
    ...(first === undefined ? {} : { subscriptionIdentifier: more.length === 0 ? first : [first, ...more] }),
  };
}
