import { isUtf8 } from 'node:buffer';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { hex, outcome } from '../../test/support/packet-bytes.ts';
import { hasControlCharacters, utf8Fault } from './utf8.ts';

const check = (bytes: Uint8Array) => outcome(utf8Fault(bytes, 0, bytes.length));

test.each([
  ['nothing', ''],
  ['ASCII', '017f'],
  ['the first and the last of two bytes', 'c280dfbf'],
  ['the first and the last of three bytes', 'e0a080efbfbf'],
  ['beside the surrogates', 'ed9fbfee8080'],
  ['the first and the last of four bytes', 'f0908080f48fbfbf'],
  ['a byte order mark [MQTT-1.5.4-3]', 'efbbbf61'],
])('%s passes', (_name, digits) => {
  expect(check(hex(digits))).toBe('ok');
});

test.each([
  ['the surrogates [MQTT-1.5.4-1]', ['eda080', 'edafbf', 'edb080', 'edbfbf']],
  ['overlong forms', ['c080', 'c1bf', 'e08080', 'e09fbf', 'f0808080', 'f08fbfbf']],
  ['what lies beyond U+10FFFF', ['f4908080', 'f5808080', 'ff', 'fe']],
  ['cut sequences', ['c2', 'e0a0', 'f09080', '61e2']],
  ['lone continuation bytes', ['80', 'bf', '6180']],
  ['sequences that ASCII interrupts', ['c261', 'e0a061', 'f0908061']],
])('%s are not well-formed', (_name, all) => {
  expect(all.map((digits) => check(hex(digits)))).toEqual(all.map(() => '81 MQTT-1.5.4-1'));
});

test('U+0000 is refused wherever it stands [MQTT-1.5.4-2]', () => {
  for (const digits of ['00', '6100', 'c28000']) expect(check(hex(digits))).toBe('81 MQTT-1.5.4-2');
});

test('agrees with Node on any bytes', () => {
  const mostlyHigh = fc.array(
    fc.oneof(fc.integer({ min: 0x7e, max: 0xff }), fc.constantFrom(0xed, 0xe0, 0xf0, 0xf4, 0xa0, 0x80, 0x90, 0x9f)),
    { maxLength: 8 },
  );
  const texts = fc.string({ unit: 'binary' }).map((text) => [...Buffer.from(text)]);
  fc.assert(
    fc.property(fc.oneof(mostlyHigh, texts), (list) => {
      const bytes = Buffer.from(list);
      expect(check(bytes) === 'ok').toBe(isUtf8(bytes) && !bytes.includes(0));
    }),
    { numRuns: 1_000 },
  );
});

test('looks at its own range only', () => {
  expect(utf8Fault(hex('00ff6100ff'), 2, 3)).toBeUndefined();
  expect(outcome(utf8Fault(hex('c280'), 0, 1))).toBe('81 MQTT-1.5.4-1');
});

/** The ranges as MQTT 5, 1.5.4 has them. */
const isUnwelcome = (point: number): boolean =>
  point <= 0x1f ||
  (point >= 0x7f && point <= 0x9f) ||
  (point >= 0xfdd0 && point <= 0xfdef) ||
  (point & 0xfffe) === 0xfffe;

test('control characters and code points that are no characters are those of MQTT 5, 1.5.4', () => {
  const points = Array.from({ length: 0x10ffff }, (_, index) => index + 1);
  const others = points.filter((point) => hasControlCharacters(String.fromCodePoint(point)) !== isUnwelcome(point));
  expect(others).toEqual([]);
});

test('one such character anywhere in a text is found', () => {
  const character = fc.constantFrom('\u0001', '\u001f', '\u007f', '\u009f', '\ufdd0', '\uffff', '\u{1ffff}');
  const plain = fc.string({ unit: 'grapheme' }).filter((text) => !hasControlCharacters(text));
  fc.assert(fc.property(plain, character, plain, (before, one, after) => hasControlCharacters(before + one + after)));
});
