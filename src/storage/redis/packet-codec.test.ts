import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodePacket,
  deliveryText,
  encodePacket,
  encodeRecord,
  toBytes,
  toRecord,
  toRetained,
  toWill,
} from './packet-codec.ts';

const text = fc.string({ unit: 'grapheme' });
const bytes = fc.uint8Array().map((list) => Buffer.from(list));
const properties = fc.record(
  {
    contentType: text,
    messageExpiryInterval: fc.nat(),
    correlationData: bytes,
    userPropertyList: fc.array(fc.tuple(fc.oneof(text, fc.constant('__proto__')), text)),
  },
  { requiredKeys: [] },
);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const packets = fc.record({
  topic: text,
  payload: fc.oneof(bytes, text),
  qos: fc.constantFrom(0, 1, 2),
  retain: fc.boolean(),
  runId: text,
  counter: fc.nat(),
  clientId: optional(text),
  expiresAt: optional(fc.nat()),
  properties: optional(properties),
});

test('a queued message comes back as it was, as its client is to get it', () => {
  fc.assert(
    fc.property(packets, optional(fc.integer({ min: 1, max: 65_535 })), (packet, packetId) => {
      const delivery = `${packet.qos}${packet.retain ? 1 : 0}`;
      const read = decodePacket(encodePacket(packet), delivery, packetId);
      expect(read).toEqual({ cmd: 'publish', ...packet, packetId, dup: packetId !== undefined });
    }),
  );
});

test.each([
  ['10', undefined],
  ['10 ["$share/g/a"]', ['$share/g/a']],
  ['117,8 ["$share/g/a","$share/h/\\"b c\\""]', ['$share/g/a', '$share/h/"b c"']],
])('the delivery %s says through which shared subscriptions it came', (delivery, shared) => {
  const packet = { topic: 'a', payload: '', qos: 1, retain: false } as const;
  expect(decodePacket(encodePacket(packet), delivery, undefined).shared).toEqual(shared);
  const identifiers = delivery.startsWith('117') ? [7, 8] : [];
  expect(deliveryText({ qos: 1, retain: identifiers.length > 0, identifiers, shared })).toBe(delivery);
});

test.each([
  ['10', undefined],
  ['117', 7],
  ['107,8', [7, 8]],
])('the delivery %s adds its subscription identifiers [MQTT-3.3.4-4]', (delivery, expected) => {
  const packet = { topic: 'a', payload: '', qos: 1, retain: false } as const;
  const { properties: read } = decodePacket(encodePacket(packet), delivery, undefined);
  expect(read).toEqual(expected === undefined ? undefined : { subscriptionIdentifier: expected });
});

test('a retained message comes back as it was', () => {
  fc.assert(
    fc.property(packets, (packet) => {
      expect(toRetained(packet.topic, encodeRecord(packet))).toEqual({ ...packet, cmd: 'publish' });
    }),
  );
});

test('a retained message and a will stand in Redis in the words of the package, and are read so', () => {
  const message = { cmd: 'publish', topic: 'a', payload: 'x', qos: 1, retain: true } as const;
  const packet = { ...message, runId: 'run', counter: 7, expiresAt: 9 };
  const theirs = { ...message, brokerId: 'run', brokerCounter: 7, messageExpiry: 9 };
  expect(toRecord(encodeRecord(packet))).toEqual(theirs);
  expect(toRetained('a', toBytes(theirs))).toEqual(packet);
  const will = { ...packet, clientId: 'c', publishAt: 5 };
  expect(toWill(encodeRecord(will))).toEqual(will);
});

test('bytes that are no message are none', () => {
  expect(toRetained('a', Buffer.from([0x01]))).toBeUndefined();
  expect(toRetained('a', toBytes({ topic: 'a' }))).toBeUndefined();
});
