import fc from 'fast-check';
import { expect, test } from 'vitest';
import { didYouMean } from './closest.ts';

test.each([
  ['levle', 'level'],
  ['packet_size', 'packetSize'],
  ['LISTENER', 'listeners'],
  ['quite-different', undefined],
])('%s means %s', (word, meant) => {
  const found = meant === undefined ? '' : `; did you mean "${meant}"?`;
  expect(didYouMean(word, ['level', 'packetSize', 'listeners'])).toBe(found);
});

test('a word among the candidates is its own nearest', () => {
  const words = fc.uniqueArray(fc.stringMatching(/^[a-z]{3,12}$/), { minLength: 1 });
  fc.assert(
    fc.property(words, (candidates) => didYouMean(candidates[0]!, candidates) === `; did you mean "${candidates[0]}"?`),
  );
});
