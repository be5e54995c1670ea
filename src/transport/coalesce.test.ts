import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { coalesce } from './coalesce.ts';

const buffers = fc
  .array(fc.integer({ min: 0, max: 90_000 }), { maxLength: 40 })
  .map((sizes) => sizes.map((size, index) => Buffer.alloc(size, index)));

test('putting a batch together keeps every byte in its order', () => {
  fc.assert(
    fc.property(buffers, (batch) => {
      expect(Buffer.concat(coalesce(batch)).equals(Buffer.concat(batch))).toBe(true);
    }),
  );
});

test('a batch of up to 64 KiB becomes one buffer', () => {
  const batch = Array.from({ length: 256 }, () => Buffer.alloc(256));
  expect(coalesce(batch)).toHaveLength(1);
});

test('nothing is merged beyond that, and what is larger than one is not copied', () => {
  fc.assert(
    fc.property(buffers, (batch) => {
      const large = (all: readonly Uint8Array[]): Uint8Array[] => all.filter(({ length }) => length > 65_536);
      const merged = large(coalesce(batch));
      expect(large(batch).every((buffer, index) => buffer === merged[index])).toBe(true);
      expect(merged).toHaveLength(large(batch).length);
    }),
  );
});

test('a single buffer is passed on as it is', () => {
  const only = Buffer.from('x');
  expect(coalesce([only])[0]).toBe(only);
});
