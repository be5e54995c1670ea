import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodePublish, type PublishProperties } from './encode-publish.ts';
import { parsePublish } from './publish.ts';
import { readPublishProperties } from './publish-properties.ts';
import { isRefusal } from './refusal.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((value) => !value.includes('\0'));
const properties: fc.Arbitrary<PublishProperties> = fc.record(
  {
    payloadFormatIndicator: fc.constant(0 as const),
    messageExpiryInterval: fc.nat({ max: 0xffffffff }),
    contentType: text,
    responseTopic: fc.constantFrom('a', 'a/b', 'answers/é'),
    correlationData: fc.uint8Array({ maxLength: 30 }).map((data) => Buffer.from(data)),
    userProperties: fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 5 }),
  },
  { requiredKeys: [] },
);

test('properties that were written are read back, User Properties in order and with repetitions (MQTT-3.3.2-18)', () => {
  fc.assert(
    fc.property(
      properties,
      fc.array(fc.integer({ min: 1, max: 268_435_455 }), { maxLength: 2 }),
      (given, identifiers) => {
        const publish = {
          topic: 'a/b',
          payload: Buffer.from('x'),
          qos: 1,
          retain: false,
          dup: false,
          packetId: 9,
        } as const;
        const frame = encodePublish(5, { ...publish, properties: given, identifiers: [] });
        const header = parsePublish(frame, 5);
        expect(isRefusal(header)).toBe(false);
        const { propertiesStart, payloadStart } = header as Exclude<typeof header, { kind: 'refusal' }>;
        expect(readPublishProperties(frame, propertiesStart, payloadStart) ?? {}).toEqual(given);
        // towards a client, subscription identifiers stand before them
        const outgoing = encodePublish(5, { ...publish, properties: given, identifiers });
        expect(outgoing.subarray(outgoing.length - (frame.length - propertiesStart))).toEqual(
          frame.subarray(propertiesStart),
        );
      },
    ),
  );
});
