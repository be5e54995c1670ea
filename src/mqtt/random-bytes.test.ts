import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packet, section, text, u16, u32 } from '../../test/support/packet-bytes.ts';
import { parseConnect, requestedVersion } from './connect.ts';
import { parseDisconnect } from './disconnect.ts';
import { headerLength } from './frame.ts';
import { packetIdOf, parsePublish } from './publish.ts';
import { isRefusal } from './refusal.ts';
import { matches, parseSharedFilter, topicFilterProblem, topicNameProblem } from './topic.ts';
import { readUserProperties } from './user-properties.ts';
import { validatePacket } from './validate.ts';

const versions = [3, 4, 5] as const;

/** Calls every function that takes a frame; none may throw. @returns what is wrong with their results */
function problemsOf(frame: Buffer): string[] {
  const problems: string[] = [];
  headerLength(frame);
  packetIdOf(frame);
  requestedVersion(frame);
  const results: unknown[] = [parseConnect(frame)];
  for (const version of versions) {
    results.push(validatePacket(frame, version), parseDisconnect(frame, version));
    const header = parsePublish(frame, version);
    results.push(header);
    if (isRefusal(header)) continue;
    const { propertiesStart, payloadStart } = header;
    if (propertiesStart > payloadStart || payloadStart > frame.length) problems.push('offsets');
    if (userPropertiesFail(frame, propertiesStart, payloadStart)) problems.push('user properties');
  }
  for (const refusal of results.filter(isRefusal)) {
    if (refusal.reasonCode < 0x80) problems.push('reason code');
    if (!/^[\u0020-\u007e]{1,256}$/.test(refusal.message)) problems.push(refusal.message);
  }
  return problems;
}

function userPropertiesFail(frame: Buffer, start: number, end: number): boolean {
  try {
    readUserProperties(frame, start, end);
    return false;
  } catch {
    return true;
  }
}

const userProperty = [0x26, text('k'), text('v')];
const seeds = [
  packet(
    0x10,
    text('MQTT'),
    5,
    0xee,
    u16(60),
    section(0x11, u32(9), 0x21, u16(9), 0x15, text('m'), 0x16, text('d')),
    text('id'),
    section(0x18, u32(1), 8, text('r')),
    text('w'),
    text('p'),
    text('u'),
    text('p'),
  ),
  packet(0x10, text('MQTT'), 4, 0xc2, u16(60), text('id'), text('u'), text('p')),
  packet(0x10, text('MQIsdp'), 3, 2, u16(60), text('id')),
  packet(
    0x32,
    text('a/b'),
    u16(1),
    section(1, 1, 2, u32(1), 8, text('r'), 9, text('c'), 3, text('t'), 0x23, u16(1), ...userProperty),
    1,
    2,
  ),
  packet(0x30, text('a/b'), 1, 2, 3),
  packet(0x62, u16(1), 0x92, section(0x1f, text('r'), ...userProperty)),
  packet(0x82, u16(1), section(0x0b, 0x80, 1, ...userProperty), text('$share/g/a/+'), 0x2a, text('#'), 1),
  packet(0xa2, u16(1), section(...userProperty), text('a'), text('b/#')),
  packet(0xe0, 4, section(0x11, u32(1), 0x1f, text('r'), ...userProperty)),
];

describe('input of any kind', () => {
  test('random bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(problemsOf(Buffer.from(bytes))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  test('random bodies behind a sound fixed header never throw', () => {
    const firsts = fc.constantFrom(0x10, 0x30, 0x32, 0x3d, 0x40, 0x50, 0x62, 0x70, 0x82, 0xa2, 0xc0, 0xe0, 0xf0);
    fc.assert(
      fc.property(firsts, fc.uint8Array({ maxLength: 60 }), (first, body) => {
        expect(problemsOf(packet(first, body))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  test('sound packets with bytes changed, cut and repeated never throw', () => {
    const change = fc.tuple(fc.nat(200), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(
        fc.constantFrom(...seeds),
        fc.array(change, { maxLength: 4 }),
        fc.nat(200),
        fc.boolean(),
        (seed, changes, end, isCut) => {
          const frame = Buffer.from(seed);
          for (const [at, value] of changes) frame[at % frame.length] = value;
          expect(
            problemsOf(isCut ? frame.subarray(0, end % (frame.length + 1)) : Buffer.concat([frame, frame])),
          ).toEqual([]);
          expect(problemsOf(frame)).toEqual([]);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('every prefix of a sound packet is handled', () => {
    for (const seed of seeds)
      for (let end = 0; end <= seed.length; end += 1) expect(problemsOf(seed.subarray(0, end))).toEqual([]);
  });

  test('topic functions take any text', () => {
    const texts = fc.string({ unit: fc.constantFrom('/', '+', '#', '$', 'a', '\ud800', '\0', '$share/') });
    fc.assert(
      fc.property(texts, texts, (filter, topic) => {
        const isName = topicNameProblem(topic) === undefined;
        const isFilter = topicFilterProblem(topic) === undefined;
        // A name is a filter too, unless it looks like a shared one.
        expect(!isName || isFilter || topic.startsWith('$share/')).toBe(true);
        parseSharedFilter(filter);
        expect(typeof matches(filter, topic)).toBe('boolean');
      }),
    );
  });

  test('a shared filter that is taken apart is one that is valid in its parts, and the reverse', () => {
    const texts = fc.string({ unit: fc.constantFrom('/', '+', '#', 'a'), maxLength: 6 });
    fc.assert(
      fc.property(texts, (rest) => {
        const parts = parseSharedFilter(`$share/${rest}`);
        const isSound = parts !== undefined && topicFilterProblem(parts.filter) === undefined;
        expect(topicFilterProblem(`$share/${rest}`) === undefined).toBe(isSound);
      }),
    );
  });
});
