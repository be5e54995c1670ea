import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PublishHeader, parsePublish } from '../../mqtt/publish.ts';
import { isRefusal } from '../../mqtt/refusal.ts';
import { InboundAliases } from '../../mqtt/topic-aliases.ts';
import type { Message, Qos } from '../../plane/message.ts';
import { RawPublish } from '../publish/raw-publish.ts';
import { DeliveryEncoder } from './encoder.ts';

const origin = { kind: 'broker' } as const;
const qos = fc.constantFrom<Qos>(0, 1, 2);

function read(frame: Buffer): PublishHeader {
  const header = parsePublish(frame, 5);
  if (isRefusal(header)) throw new Error(header.message);
  return header;
}

function rawPublish(topic: string, payload: Buffer, level: Qos): Message {
  const whole = new DeliveryEncoder({ version: 5, topicAliasMaximum: 0, maximumPacketSize: undefined });
  const message = { topic, payload, qos: level, retain: false, properties: undefined, origin };
  const frame = whole.encode(message, { qos: level, retain: false, identifiers: [] }, 1);
  if (frame === undefined) throw new Error('it has no limit');
  return new RawPublish(frame, read(frame), 5, origin);
}

test('whatever fits without a topic alias is delivered, with one or without, and nothing larger ever [MQTT-3.1.2-24]', () => {
  const sent = fc.record({
    topic: fc.constantFrom('topic', 'four', 'abc', 'a/longer/topic/name'.repeat(7)),
    payloadBytes: fc.oneof(fc.integer({ min: 80, max: 135 }), fc.integer({ min: 16_360, max: 16_390 })),
    level: qos,
    isRaw: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(sent, { minLength: 1, maxLength: 12 }),
      fc.oneof(fc.integer({ min: 90, max: 150 }), fc.integer({ min: 16_370, max: 16_400 })),
      (messages, maximumPacketSize) => {
        const encoder = new DeliveryEncoder({ version: 5, topicAliasMaximum: 2, maximumPacketSize });
        const plain = new DeliveryEncoder({ version: 5, topicAliasMaximum: 0, maximumPacketSize });
        const client = new InboundAliases(2);
        for (const { topic, payloadBytes, level, isRaw } of messages) {
          const payload = Buffer.alloc(payloadBytes, 0x78);
          const message = isRaw
            ? rawPublish(topic, payload, level)
            : { topic, payload, qos: level, retain: false, properties: undefined, origin };
          const delivery = { qos: level, retain: false, identifiers: [] };
          const fits = plain.encode(message, delivery, 9) !== undefined;
          const frame = encoder.encode(message, delivery, 9);
          expect(frame !== undefined || !fits).toBe(true);
          if (frame === undefined) continue;
          expect(frame.length).toBeLessThanOrEqual(maximumPacketSize);
          const header = read(frame);
          expect(client.resolve(header)).toBe(topic);
          expect(frame.subarray(header.payloadStart)).toHaveLength(payloadBytes);
        }
      },
    ),
  );
});

test('a large message at QoS 1 or 2 goes to each client in two pieces, of which the larger is the one that came [MQTT-2.2.1-4]', () => {
  const encoder = new DeliveryEncoder({ version: 5, topicAliasMaximum: 0, maximumPacketSize: undefined });
  for (const level of [1, 2] as const) {
    const message = rawPublish('a/topic', Buffer.alloc(40_000, 7), level);
    const delivery = { qos: level, retain: false, identifiers: [] };
    const pieces = [3, 515].map((packetId) => encoder.encodeApart(message, delivery, packetId));
    for (const [index, packetId] of [3, 515].entries()) {
      const { head, rest } = pieces[index]!;
      expect(rest.buffer).toBe((message as RawPublish).frame.buffer);
      expect(read(Buffer.concat([head, rest]))).toMatchObject({ packetId, topic: 'a/topic', qos: level });
      expect(head.length).toBeLessThan(32);
    }
    expect(encoder.encodeApart(message, { ...delivery, retain: true }, 1)).toBeUndefined();
    expect(encoder.encodeApart(message, delivery, 1, { secondsLeft: 1 })).toBeUndefined();
  }
});

test('a small message, one that is too large for its client and one with a topic alias are encoded whole', () => {
  const delivery = { qos: 1, retain: false, identifiers: [] } as const;
  const apart = (payloadBytes: number, options: { topicAliasMaximum?: number; maximumPacketSize?: number }) =>
    new DeliveryEncoder({ version: 5, topicAliasMaximum: 0, maximumPacketSize: undefined, ...options }).encodeApart(
      rawPublish('a/topic', Buffer.alloc(payloadBytes), 1),
      delivery,
      1,
    );
  expect(apart(40_000, {})).toBeDefined();
  expect(apart(30_000, {})).toBeUndefined();
  expect(apart(40_000, { maximumPacketSize: 40_000 })).toBeUndefined();
  expect(apart(40_000, { topicAliasMaximum: 1 })).toBeUndefined();
});
