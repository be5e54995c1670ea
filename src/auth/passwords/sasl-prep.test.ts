import fc from 'fast-check';
import { expect, test } from 'vitest';
import { saslPrep } from './sasl-prep.ts';

test.each([
  ['I\u00ADX', 'IX'],
  ['user', 'user'],
  ['USER', 'USER'],
  ['\u00AA', 'a'],
  ['\u2168', 'IX'],
  ['\u0007', undefined],
  ['\u06271', undefined],
  ['a\u00A0b', 'a b'],
  ['\u0627\u0628', '\u0627\u0628'],
  ['', undefined],
])('RFC 4013 3: %j becomes %j', (text, prepared) => {
  expect(saslPrep(text)).toBe(prepared);
});

test('what was prepared stays as it is, and ASCII is never changed', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (text) => {
      const once = saslPrep(text);
      expect(once === undefined ? once : saslPrep(once)).toBe(once);
    }),
  );
  fc.assert(
    fc.property(fc.stringMatching(/^[\x20-\x7e]{1,30}$/), (text) => {
      expect(saslPrep(text)).toBe(text);
    }),
  );
});
