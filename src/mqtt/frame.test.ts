import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hex, join, outcome, packet } from '../../test/support/packet-bytes.ts';
import { FrameCutter, type FrameRules, type FrameTaker, headerLength } from './frame.ts';
import { malformed } from './refusal.ts';

const rules = (maxBytes: number, changes: Partial<FrameRules> = {}): FrameRules => ({
  maxBytes,
  setting: 'limits.packetSize',
  headBytes: 0,
  tellsPubacks: false,
  padding: 'refused',
  firstByteFault: () => undefined,
  ...changes,
});

/** For rules that tell no PUBACK apart. */
const taking = (take: (frame: Buffer) => unknown): FrameTaker => ({ take, takePuback: () => expect.unreachable() });

/** Pushes chunks; every frame is copied, as a frame may share memory with its chunk. */
function cut(chunks: readonly Buffer[], maxPacketBytes = 1_000_000, changes: Partial<FrameRules> = {}) {
  const cutter = new FrameCutter(rules(maxPacketBytes, changes));
  const frames: string[] = [];
  const refusals: string[] = [];
  for (const chunk of chunks) {
    const refusal = cutter.push(
      chunk,
      taking((frame) => void frames.push(frame.toString('hex'))),
    );
    if (refusal !== undefined) refusals.push(outcome(refusal));
  }
  return { frames, refusals, bufferedBytes: cutter.bufferedBytes };
}

/** The packet with a remaining length of some bytes more, four at most. */
function padded(frame: Buffer, more: number): Buffer {
  const end = headerLength(frame);
  const zeros = Math.min(more, 5 - end);
  if (zeros === 0) return frame;
  const length = frame.subarray(1, end).map((byte) => byte | 0x80);
  const filler = Buffer.alloc(zeros, 0x80);
  filler[zeros - 1] = 0;
  return Buffer.concat([frame.subarray(0, 1), length, filler, frame.subarray(end)]);
}

const single = (bytes: Buffer) => Array.from(bytes, (byte) => Buffer.from([byte]));

describe('FrameCutter', () => {
  test('cuts several packets out of one chunk', () => {
    expect(cut([hex('c000 300361 6263 e000')]).frames).toEqual(['c000', '3003616263', 'e000']);
  });

  test('gathers a packet that comes one byte at a time [MQTT-6.0.0-2]', () => {
    const frame = packet(0x30, Buffer.alloc(300, 7));
    expect(cut(single(join(frame, frame)))).toEqual({
      frames: [frame.toString('hex'), frame.toString('hex')],
      refusals: [],
      bufferedBytes: 0,
    });
  });

  test('yields the same frames for any chunking', () => {
    const frames = fc.array(
      fc.tuple(
        fc.integer({ min: 0, max: 255 }),
        fc.oneof(fc.uint8Array({ maxLength: 5 }), fc.uint8Array({ minLength: 120, maxLength: 400 })),
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(
        frames,
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 30 }),
        (packets, sizes) => {
          const expected = packets.map(([first, body]) => packet(first, body));
          const stream = Buffer.concat(expected);
          const chunks: Buffer[] = [];
          for (let at = 0, turn = 0; at < stream.length; turn += 1) {
            const size = sizes[turn % sizes.length]!;
            chunks.push(stream.subarray(at, at + size));
            at += size;
          }
          expect(cut(chunks)).toEqual({
            frames: expected.map((frame) => frame.toString('hex')),
            refusals: [],
            bufferedBytes: 0,
          });
        },
      ),
    );
  });

  test('halted after any packet it goes on where it was, without a copy, and yields the same frames', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 30 }),
        fc.infiniteStream(fc.boolean()),
        (bodies, sizes, answers) => {
          const expected = bodies.map((body) => packet(0x30, body));
          const stream = Buffer.concat(expected);
          const cutter = new FrameCutter(rules(1_000));
          const frames: string[] = [];
          const taker = taking((frame) => {
            frames.push(frame.toString('hex'));
            return answers.next().value;
          });
          for (let at = 0, turn = 0; at < stream.length; turn += 1) {
            const size = sizes[turn % sizes.length]!;
            cutter.push(stream.subarray(at, at + size), taker);
            while (cutter.isHalted) cutter.goOn(taker);
            at += size;
          }
          expect(frames).toEqual(expected.map((frame) => frame.toString('hex')));
        },
      ),
    );
  });

  test('never throws, and keeps no more than the largest packet, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 }), (chunks) => {
        const cutter = new FrameCutter(rules(64));
        for (const chunk of chunks) {
          cutter.push(
            Buffer.from(chunk),
            taking((frame) => expect(frame.length).toBeLessThanOrEqual(64)),
          );
          expect(cutter.bufferedBytes).toBeLessThan(64);
        }
      }),
    );
  });

  test('hands on a packet in one chunk without a copy', () => {
    const chunk = hex('c000 3001 61');
    const frames: Buffer[] = [];
    new FrameCutter(rules(100)).push(
      chunk,
      taking((frame) => void frames.push(frame)),
    );
    expect(frames.map((frame) => frame.buffer === chunk.buffer)).toEqual([true, true]);
    new FrameCutter(rules(100)).push(
      frames[0]!,
      taking((frame) => expect(frame).toBe(frames[0])),
    );
  });

  test('frames that were gathered stay as they are', () => {
    const frames: Buffer[] = [];
    const cutter = new FrameCutter(rules(100));
    for (const chunk of single(hex('300161 300162 300163')))
      cutter.push(
        chunk,
        taking((frame) => void frames.push(frame)),
      );
    expect(frames.map((frame) => frame.toString('latin1', 2))).toEqual(['a', 'b', 'c']);
  });

  test('the room it takes grows with the bytes received, not with those announced', () => {
    const cutter = new FrameCutter(rules(300_000_000));
    const before = process.memoryUsage().arrayBuffers;
    cutter.push(
      hex('30ffffff7f00'),
      taking(() => undefined),
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
    expect(cutter.bufferedBytes).toBe(6);
  });

  test.each([
    ['a fifth length byte is refused', 'c080808080', '81 MQTT-1.5.5-1'],
    ['it is refused before the fifth byte comes', '30ffffffff', '81 MQTT-1.5.5-1'],
    ['a length in more bytes than it needs is refused [MQTT-1.5.5-1]', '308000', '81 MQTT-1.5.5-1'],
    ['a padded length of four bytes is refused', '30ffff8000', '81 MQTT-1.5.5-1'],
    ['a packet over the limit is refused by its header', '308001', '95 MQTT-3.2.2-15'],
    ['the largest length is refused by its header', '30ffffff7f', '95 MQTT-3.2.2-15'],
  ])('%s', (_name, digits, expected) => {
    expect(cut([hex(digits)], 129).refusals).toEqual([expected]);
    expect(cut(single(hex(digits)), 129).refusals).toEqual([expected]);
    expect(cut([hex(`c000${digits}`)], 129)).toEqual({ frames: ['c000'], refusals: [expected], bufferedBytes: 0 });
  });

  test.each([
    ['0a', 'alone'],
    ['0ac0', 'with an open length'],
    ['0ac001', 'with a length'],
    ['0affffff7f', 'with the largest length'],
  ])('a first byte that is wrong is refused when it comes (%s, %s)', (digits) => {
    const firstByteFault: FrameRules['firstByteFault'] = (first) =>
      first >> 4 === 0 ? malformed('2.1.2', 'reserved') : undefined;
    expect(cut([hex(digits)], 100, { firstByteFault }).refusals).toEqual(['81 2.1.2']);
    expect(cut(single(hex(digits)), 100, { firstByteFault }).refusals).toEqual(['81 2.1.2']);
    expect(cut([hex(`c000${digits}`)], 100, { firstByteFault }).frames).toEqual(['c000']);
  });

  test('padding of the length is kept where it may be there, and removed where it must go', () => {
    const stream = hex('c08000 3081 8000 61 30 83808000 000174');
    const chunkings = [[stream], single(stream)];
    for (const chunks of chunkings) {
      expect(cut(chunks, 100, { padding: 'kept' }).frames).toEqual(['c08000', '3081800061', '3083808000000174']);
      expect(cut(chunks, 100, { padding: 'removed' }).frames).toEqual(['c000', '300161', '3003000174']);
      expect(cut(chunks, 100, { padding: 'refused' }).refusals).toEqual(['81 MQTT-1.5.5-1']);
    }
  });

  test('any padding of any packet is removed, and nothing else (before MQTT 5)', () => {
    const sent = fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.nat(3));
    fc.assert(
      fc.property(fc.array(sent, { maxLength: 8 }), fc.integer({ min: 1, max: 50 }), (packets, size) => {
        const plain = packets.map(([body]) => packet(0x30, Buffer.from(body)));
        const stream = Buffer.concat(plain.map((frame, index) => padded(frame, packets[index]![1])));
        const chunks: Buffer[] = [];
        for (let at = 0; at < stream.length; at += size) chunks.push(stream.subarray(at, at + size));
        expect(cut(chunks, 1_000, { padding: 'removed' }).frames).toEqual(plain.map((frame) => frame.toString('hex')));
      }),
    );
  });

  test('of a packet over the limit as many bytes are read as are wanted before it is refused', () => {
    const start = hex('10 ffff7f 0004 4d515454 05');
    for (const chunks of [[start, hex('02003c')], single(start)]) {
      const cutter = new FrameCutter(rules(128, { headBytes: 11 }));
      const refusals = chunks.map((chunk) =>
        outcome(
          cutter.push(
            chunk,
            taking(() => expect.unreachable()),
          ),
        ),
      );
      expect(refusals.filter((refusal) => refusal !== 'ok')).toEqual(['95 MQTT-3.2.2-15']);
      expect(cutter.head?.subarray(0, 11)).toEqual(start);
    }
    const cutter = new FrameCutter(rules(128, { headBytes: 11 }));
    expect(
      cutter.push(
        start.subarray(0, 10),
        taking(() => expect.unreachable()),
      ),
    ).toBeUndefined();
    expect(cutter.bufferedBytes).toBe(10);
  });

  test('the limit counts the fixed header', () => {
    expect(cut([packet(0x30, Buffer.alloc(8))], 10).refusals).toEqual([]);
    expect(cut([packet(0x30, Buffer.alloc(9))], 10).refusals).toEqual(['95 MQTT-3.2.2-15']);
  });

  test('the refusal names size, limit and setting', () => {
    const refusal = new FrameCutter(rules(10)).push(
      packet(0x30, Buffer.alloc(9)),
      taking(() => expect.unreachable()),
    );
    expect(refusal?.message).toBe('a packet of 11 bytes was announced; at most 10 are allowed (limits.packetSize)');
  });

  test('a new limit counts from the next packet on, in the same chunk as well', () => {
    const cutter = new FrameCutter(rules(4));
    const frames: number[] = [];
    const take = (frame: Buffer) => {
      frames.push(frame.length);
      cutter.rules = rules(10);
    };
    expect(cutter.push(join(hex('c000'), packet(0x30, Buffer.alloc(8))), taking(take))).toBeUndefined();
    expect(frames).toEqual([2, 10]);
  });

  test('ignores everything after a refusal', () => {
    const cutter = new FrameCutter(rules(4));
    expect(
      outcome(
        cutter.push(
          hex('3009'),
          taking(() => expect.unreachable()),
        ),
      ),
    ).toBe('95 MQTT-3.2.2-15');
    expect(
      cutter.push(
        hex('c000'),
        taking(() => expect.unreachable()),
      ),
    ).toBeUndefined();
  });

  test('stop() inside take keeps the rest of the chunk from being cut', () => {
    const cutter = new FrameCutter(rules(100));
    let count = 0;
    const take = () => {
      count += 1;
      cutter.stop();
    };
    cutter.push(hex('c000c000c0'), taking(take));
    cutter.push(hex('00'), taking(take));
    expect([count, cutter.bufferedBytes]).toEqual([1, 0]);
  });

  test('a megabyte in single bytes takes time in proportion', () => {
    const frame = packet(0x30, Buffer.alloc(1_000_000));
    const cutter = new FrameCutter(rules(2_000_000));
    let cutBytes = 0;
    for (let at = 0; at < frame.length; at += 1)
      cutter.push(
        frame.subarray(at, at + 1),
        taking((whole) => (cutBytes = whole.length)),
      );
    expect(cutBytes).toBe(frame.length);
  });
});

test.each([
  ['c000', 2],
  ['307f', 2],
  ['308001', 3],
  ['30808001', 4],
  ['3080808001', 5],
  ['30', 2],
  ['', 2],
])('the variable header of %s... starts at %i', (digits, expected) => {
  expect(headerLength(hex(digits))).toBe(expected);
});
