import * as fc from 'fast-check';
import { type IPublishPacket, type Packet, parser } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { hex, join, packet, section, text, u16, u32 } from '../../test/support/packet-bytes.ts';
import { type PublishHeader, parsePublish } from './publish.ts';
import { isRefusal } from './refusal.ts';
import { aliasedFrame, resolveAlias, stampPacketId } from './rewrite-publish.ts';

const headerOf = (frame: Buffer, version: 4 | 5 = 5): PublishHeader => {
  const header = parsePublish(frame, version);
  if (isRefusal(header)) throw new Error(header.message);
  return header;
};

const readBack = (frame: Buffer): IPublishPacket => {
  const packets: Packet[] = [];
  const reader = parser({ protocolVersion: 5 });
  reader.on('packet', (one) => packets.push(one));
  reader.parse(frame);
  expect(packets).toHaveLength(1);
  const [first] = packets;
  if (first?.cmd !== 'publish') throw new Error('no PUBLISH was read back');
  return first;
};

const userProperty = (key: string, value: string) => join(0x26, text(key), text(value));
const payload = Buffer.from('payload');

describe('a topic alias of a client', () => {
  test('gives way to the topic, and all other bytes stay in their order (MQTT-3.3.2-7, MQTT-3.3.2-18)', () => {
    const before = [userProperty('b', '1'), userProperty('a', '2')];
    const after = [join(0x02, u32(60)), userProperty('b', '3')];
    const frame = packet(0x3b, text(''), u16(7), section(...before, 0x23, u16(9), ...after), payload);
    const resolved = resolveAlias(frame, headerOf(frame), 'some/topic');
    expect(resolved.frame).toEqual(packet(0x3b, text('some/topic'), u16(7), section(...before, ...after), payload));
    expect(resolved.header).toEqual(headerOf(resolved.frame));
  });

  test('that came with its topic is removed as well', () => {
    const frame = packet(0x30, text('a/b'), section(0x23, u16(1)), payload);
    expect(resolveAlias(frame, headerOf(frame), 'a/b').frame).toEqual(packet(0x30, text('a/b'), section(), payload));
  });
});

describe('a topic alias for a client', () => {
  const frame = packet(0x32, text('some/topic'), u16(7), section(0x03, text('t')), payload);

  test('comes with the topic when it is new (MQTT 5, 3.3.2.3.4)', () => {
    expect(aliasedFrame(frame, headerOf(frame), 300, true)).toEqual(
      packet(0x32, text('some/topic'), u16(7), section(0x23, u16(300), 0x03, text('t')), payload),
    );
  });

  test('stands for the topic afterwards (MQTT 5, 3.3.2.3.4)', () => {
    expect(aliasedFrame(frame, headerOf(frame), 300, false)).toEqual(
      packet(0x32, text(''), u16(7), section(0x23, u16(300), 0x03, text('t')), payload),
    );
  });

  test('takes the place of the one the publisher had set', () => {
    const given = packet(0x30, text('a/b'), section(0x03, text('t'), 0x23, u16(1)), payload);
    expect(aliasedFrame(given, headerOf(given), 2, false)).toEqual(
      packet(0x30, text(''), section(0x23, u16(2), 0x03, text('t')), payload),
    );
  });
});

test('a packet identifier of this hop comes without DUP (MQTT-3.3.1-3)', () => {
  const frame = packet(0x3b, text('a/b'), u16(7), section(), payload);
  stampPacketId(frame, 513);
  expect(frame).toEqual(packet(0x33, text('a/b'), u16(513), section(), payload));
  const large = packet(0x3a, text('a'), u16(7), section(), Buffer.alloc(20_000));
  stampPacketId(large, 1);
  expect(large.subarray(0, 9)).toEqual(hex('32a69c010001610001'));
});

test('what goes out with an alias comes back without one as it was, and mqtt-packet reads both', () => {
  const words = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((word) => !word.includes('\0'));
  const topics = fc.string({ unit: fc.constantFrom('a', '/', 'ä', '€', '😀'), minLength: 1, maxLength: 80 });
  const property = fc.oneof(
    fc.tuple(words, words).map(([key, value]) => userProperty(key, value)),
    fc.constant(join(0x02, u32(90))),
    fc.constant(join(0x03, text('type'))),
  );
  const once = fc.uniqueArray(property, { maxLength: 6, selector: (bytes) => (bytes[0] === 0x26 ? bytes : bytes[0]) });
  fc.assert(
    fc.property(
      topics,
      once,
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom(0x30, 0x31, 0x32, 0x3b, 0x34),
      fc.integer({ min: 1, max: 65_535 }),
      fc.boolean(),
      (topic, properties, bytes, first, alias, isNew) => {
        const packetId = first < 0x32 ? Buffer.alloc(0) : u16(1_000);
        const frame = packet(first, text(topic), packetId, section(...properties), bytes);
        const aliased = aliasedFrame(frame, headerOf(frame), alias, isNew);
        const header = headerOf(aliased);
        expect(header).toMatchObject({ topic: isNew ? topic : '', topicAlias: alias });
        expect(readBack(aliased)).toMatchObject({ topic: isNew ? topic : '', properties: { topicAlias: alias } });

        const resolved = resolveAlias(aliased, header, topic);
        expect(resolved.frame).toEqual(frame);
        expect(resolved.header).toEqual(headerOf(frame));
        expect(readBack(resolved.frame).topic).toBe(topic);
      },
    ),
  );
});
