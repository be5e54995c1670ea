import { expect, test } from 'vitest';
import { hasWildcard, isLiteralSubject, isValidSubject } from './subject.ts';

test.each(['a', 'a.b', '*', '>', '*.>', 'a.*.c', 'a*b', 'a>b', '>a', 'ä.ß'])('%s may be subscribed to', (subject) => {
  expect(isValidSubject(subject)).toBe(true);
});

test.each(['', '.', 'a.', '.a', 'a..b', 'a.>.b', '>.>'])('"%s" may not be subscribed to', (subject) => {
  expect(isValidSubject(subject)).toBe(false);
});

test('a wildcard is one only as a whole token', () => {
  expect(hasWildcard('a.*.b')).toBe(true);
  expect(hasWildcard('a.>')).toBe(true);
  expect(hasWildcard('a*.b>')).toBe(false);
});

test('a pedantic publisher may use neither wildcards nor empty tokens', () => {
  expect(['a', 'a*b', '>a'].map(isLiteralSubject)).toEqual([true, true, true]);
  expect(['a.*', 'a.>', 'a..b', ''].map(isLiteralSubject)).toEqual([false, false, false, false]);
});
