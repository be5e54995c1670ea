import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { hex, join, packet } from '../../test/support/packet-bytes.ts';
import { FrameCutter, type FrameRules } from './frame.ts';

const rules: FrameRules = {
  maxBytes: 1_000,
  setting: 'limits.packetSize',
  headBytes: 0,
  tellsPubacks: true,
  padding: 'kept',
  firstByteFault: () => undefined,
};

test('tells PUBACKs of four bytes by their packet identifier, in their place among the others, for any chunking and halts', () => {
  const puback = fc.integer({ min: 1, max: 65_535 }).map((id) => packet(0x40, Buffer.of(id >> 8, id & 0xff)));
  const other = fc.uint8Array({ maxLength: 20 }).map((body) => packet(0x30, body));
  fc.assert(
    fc.property(
      fc.array(fc.oneof(puback, other), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 60 }),
      fc.infiniteStream(fc.boolean()),
      (frames, size, answers) => {
        const cutter = new FrameCutter(rules);
        const seen: string[] = [];
        const see = (frame: Buffer): boolean => {
          seen.push(frame.toString('hex'));
          return answers.next().value;
        };
        const taker = { take: see, takePuback: (id: number) => see(Buffer.of(0x40, 2, id >> 8, id & 0xff)) };
        const stream = Buffer.concat(frames);
        for (let at = 0; at < stream.length; at += size) {
          cutter.push(stream.subarray(at, at + size), taker);
          while (cutter.isHalted) cutter.goOn(taker);
        }
        expect(seen).toEqual(frames.map((frame) => frame.toString('hex')));
      },
    ),
  );
});

test.each([
  ['with packet identifier 0, which is a fault', '40020000'],
  ['with a reason code', '4003000110'],
  ['with flags', '41020001'],
  ['with a remaining length in two bytes', '4082000001'],
  ['that is too short', '400100'],
  ['and four bytes of another type', '50020001'],
])('gives a PUBACK as it is, for others to judge: %s', (_name, bytes) => {
  const cutter = new FrameCutter(rules);
  const seen: string[] = [];
  cutter.push(join(hex(bytes), hex('40020102')), {
    take: (frame) => void seen.push(frame.toString('hex')),
    takePuback: (id) => void seen.push(`PUBACK ${id}`),
  });
  expect(seen).toEqual([bytes, 'PUBACK 258']);
});
