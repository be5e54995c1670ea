import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decoded, quoted } from './text.ts';

test.each([
  ['a.b', '"a.b"'],
  ['a"b\\', '"a\\"b\\\\"'],
  ['\u0001\u007f', '"\\x01\\x7f"'],
  ['\u00c3\u00a4', '"\u00c3\u00a4"'],
])('%j is quoted as nats-server does', (subject, wire) => {
  expect(quoted(subject)).toBe(wire);
});

test('text is what UTF-8 says, and nothing else', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(decoded(Buffer.from(text).toString('latin1'))).toBe(text);
    }),
  );
  expect([decoded('\u00e4'), decoded('\u00c0\u0080'), decoded('\u00ed\u00a0\u0080')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
