import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitsNamePattern, fitsPattern, patternProblem } from './patterns.ts';

test.each([
  ['pump-7', 'pump-7', true],
  ['pump-7', 'pump-70', false],
  ['pump-*', 'pump-', true],
  ['pump-*', 'pump-7', true],
  ['pump-*', 'xpump-7', false],
  ['*-7', 'pump-7', true],
  ['a*a', 'a', false],
  ['a*b*c', 'axxbxxc', true],
  ['a*b*c', 'ac', false],
  ['ab*ba', 'aba', false],
  ['*', '', true],
  ['', '', true],
])('%s takes %s: %s', (pattern, name, isFitting) => {
  expect(fitsPattern(pattern, name)).toBe(isFitting);
});

test('a pattern takes what the regular expression of the same meaning takes', () => {
  const letters = fc.stringMatching(/^[ab.]{0,6}$/);
  fc.assert(
    fc.property(
      fc.array(letters, { minLength: 1, maxLength: 5 }),
      fc.stringMatching(/^[ab.]{0,12}$/),
      (parts, name) => {
        const expression = new RegExp(`^${parts.map((part) => part.replaceAll('.', '\\.')).join('.*')}$`);
        expect(fitsPattern(parts.join('*'), name)).toBe(expression.test(name));
      },
    ),
  );
});

test.each([
  ['*.example.com', { type: 'dns', value: 'Pump.example.com' }, true],
  ['DNS:*.example.com', { type: 'dns', value: 'pump.example.com' }, true],
  ['*.example.com', { type: 'url', value: 'x.example.com' }, false],
  ['IP:192.0.2.*', { type: 'ip', value: '192.0.2.7' }, true],
  ['IP:192.0.2.*', { type: 'dns', value: '192.0.2.7' }, false],
  ['URI:urn:device:*', { type: 'url', value: 'urn:device:7' }, true],
  ['URI:urn:device:*', { type: 'url', value: 'URN:device:7' }, false],
  ['email:*@example.com', { type: 'email', value: 'ops@example.com' }, true],
] as const)('%s takes %j: %s', (pattern, name, isFitting) => {
  expect(fitsNamePattern(pattern, name)).toBe(isFitting);
});

test('patterns that would be slow or show something else are refused in a sentence', () => {
  expect(patternProblem('*****')).toContain('at most 4');
  expect(patternProblem('a\nb')).toContain('no control characters');
  expect(patternProblem('')).toContain('1 to 256 characters');
  expect(patternProblem('pump-*')).toBeUndefined();
});
