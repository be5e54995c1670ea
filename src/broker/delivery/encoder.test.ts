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
