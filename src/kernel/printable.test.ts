import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPrintable, printable, shown } from './printable.ts';

test('text of a peer cannot forge or reverse a log line', () => {
  expect(printable('a\r\nb\u202ec\u0000d')).toBe('a\\u{d}\\u{a}b\\u{202e}c\\u{0}d');
  expect(printable('CN=dév ice, O=Müller')).toBe('CN=dév ice, O=Müller');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(printable(text)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      expect(isPrintable(text)).toBe(printable(text) === text);
      expect(isPrintable(printable(text))).toBe(true);
    }),
  );
});

test('a long text is cut, and shows that it was', () => {
  expect(shown('x'.repeat(80))).toBe('x'.repeat(80));
  expect(shown('x'.repeat(81))).toBe(`${'x'.repeat(80)}...`);
});
