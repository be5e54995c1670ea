import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodePublish } from './encode-publish.ts';
import { parsePublish } from './publish.ts';
import { readUserProperties } from './user-properties.ts';

const words = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !text.includes('\0'));
const topics = fc.string({ unit: fc.constantFrom('a', '/', 'ä', '€', '😀'), minLength: 1, maxLength: 80 });
const properties = fc.record(
  {
    payloadFormatIndicator: fc.constant(0 as const),
    messageExpiryInterval: fc.integer({ min: 0, max: 0xffff_ffff }),
    contentType: words,
    responseTopic: topics,
    correlationData: fc.uint8Array({ maxLength: 200 }),
    userProperties: fc.array(fc.tuple(words, words), { maxLength: 4 }),
  },
  { requiredKeys: [] },
);

test('what is written is read back, user properties in order and with repetitions [MQTT-3.3.2-18]', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(3 as const, 4 as const, 5 as const),
      topics,
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom(0 as const, 1 as const, 2 as const),
      fc.boolean(),
      fc.integer({ min: 1, max: 65_535 }),
      properties,
      (version, topic, payload, qos, retain, packetId, carried) => {
        const frame = encodePublish(version, {
          topic,
          payload,
          qos,
          retain,
          packetId,
          dup: qos > 0,
          properties: carried,
          identifiers: [],
        });
        const header = parsePublish(frame, version);
        expect(header).toMatchObject({ topic, qos, isRetained: retain, isDuplicate: qos > 0 });
        if (!('topic' in header)) return;
        expect(header.packetId).toBe(qos > 0 ? packetId : 0);
        expect(frame.subarray(header.payloadStart)).toEqual(Buffer.from(payload));
        const pairs = version === 5 ? (carried.userProperties ?? []) : [];
        expect(readUserProperties(frame, header.propertiesStart, header.payloadStart)).toEqual(pairs);
      },
    ),
  );
});

test('subscription identifiers stand before the other properties, each one of them [MQTT-3.3.4-4]', () => {
  const frame = encodePublish(5, {
    topic: 'a',
    payload: Buffer.from('x'),
    qos: 0,
    retain: false,
    dup: false,
    packetId: 0,
    properties: { contentType: 't' },
    identifiers: [1, 300],
  });
  expect(frame.toString('hex')).toBe('300e000161090b010bac020300017478');
});

test('a topic alias stands before the subscription identifiers, with the topic or in its place [MQTT 5, 3.3.2.3.4]', () => {
  const fields = {
    payload: Buffer.from('x'),
    qos: 0,
    retain: false,
    dup: false,
    packetId: 0,
    identifiers: [1],
  } as const;
  const properties = { contentType: 't' };
  const known = encodePublish(5, { ...fields, topic: '', topicAlias: 300, properties });
  expect(known.toString('hex')).toBe('300d00000923012c0b010300017478');
  const fresh = encodePublish(5, { ...fields, topic: 'abcd', topicAlias: 300, properties });
  expect(fresh.toString('hex')).toBe('30110004616263640923012c0b010300017478');
  const old = encodePublish(4, { ...fields, topic: 'abcd', topicAlias: 300, properties });
  expect(old.toString('hex')).toBe('300700046162636478');
});
