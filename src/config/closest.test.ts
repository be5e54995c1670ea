import fc from 'fast-check';
import { expect, test } from 'vitest';
import { closest } from './closest.ts';

test.each([
  ['levle', 'level'],
  ['packet_size', 'packetSize'],
  ['LISTENER', 'listeners'],
  ['quite-different', undefined],
])('%s means %s', (word, meant) => {
  expect(closest(word, ['level', 'packetSize', 'listeners'])).toBe(meant);
});

test('a word among the candidates is its own nearest', () => {
  const words = fc.uniqueArray(fc.stringMatching(/^[a-z]{3,12}$/), { minLength: 1 });
  fc.assert(fc.property(words, (candidates) => closest(candidates[0]!, candidates) === candidates[0]));
});
