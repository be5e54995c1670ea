import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { binaryMessages } from './frame.ts';

/** What stands before a payload of this length, which is none that takes memory. */
const headerOf = (length: number): Buffer =>
  Buffer.from(binaryMessages([Object.defineProperty(new Uint8Array(), 'length', { value: length })], length)[0] ?? []);

/** Reads a header as RFC 6455 5.2 draws it. */
function readHeader(header: Buffer): { first: number; length: number; isMasked: boolean; size: number } {
  const short = (header[1] ?? 0) & 0x7f;
  const [length, size] =
    short === 127 ? [Number(header.readBigUInt64BE(2)), 10] : short === 126 ? [header.readUInt16BE(2), 4] : [short, 2];
  return { first: header[0] ?? 0, length, isMasked: ((header[1] ?? 0) & 0x80) !== 0, size };
}

test('every length has a final, unmasked binary header in its shortest form (RFC 6455 5.2)', () => {
  const lengths = fc.oneof(
    fc.integer({ min: 1, max: 130 }),
    fc.integer({ min: 65_500, max: 65_600 }),
    fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  );
  fc.assert(
    fc.property(lengths, (length) => {
      const header = headerOf(length);
      const size = length < 126 ? 2 : length < 65_536 ? 4 : 10;
      expect(readHeader(header)).toEqual({ first: 0x82, length, isMasked: false, size });
      expect(header).toHaveLength(size);
    }),
  );
});

test('a batch goes out in messages of at most the size, none empty, and no byte is lost', () => {
  const batches = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 });
  fc.assert(
    fc.property(batches, fc.integer({ min: 1, max: 60 }), (batch, messageBytes) => {
      const wire = Buffer.concat(binaryMessages(batch, messageBytes));
      const whole = Buffer.concat(batch);
      const payloads: Buffer[] = [];
      for (let at = 0; at < wire.length; ) {
        const { first, length, size } = readHeader(wire.subarray(at));
        expect(first).toBe(0x82);
        payloads.push(wire.subarray(at + size, at + size + length));
        at += size + length;
      }
      expect(Buffer.concat(payloads).equals(whole)).toBe(true);
      expect(payloads).toHaveLength(Math.ceil(whole.length / messageBytes));
      for (const payload of payloads) expect(payload.length).toBeLessThanOrEqual(messageBytes);
    }),
  );
});
