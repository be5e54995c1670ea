import { expect, test } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { tokenBuckets } from './token-buckets.ts';

test('a burst is taken, then as many as the rate says', () => {
  const clock = fakeClock();
  const { take } = tokenBuckets({ burst: 3, fillMs: 1_500, maxKeys: 10 }, clock);
  expect([1, 2, 3, 4].map(() => take('a'))).toEqual([true, true, true, false]);
  clock.advance(500);
  expect([take('a'), take('a')]).toEqual([true, false]);
  clock.advance(60_000);
  expect([1, 2, 3, 4].map(() => take('a'))).toEqual([true, true, true, false]);
});

test('one key does not use up what another has, and no more keys are kept than said', () => {
  const { take } = tokenBuckets({ burst: 1, fillMs: 1_000, maxKeys: 2 }, fakeClock());
  expect([take('a'), take('a'), take('b')]).toEqual([true, false, true]);
  expect(take('a')).toBe(false); // used last, so that "b" is forgotten next
  expect(take('c')).toBe(true);
  expect(take('a')).toBe(false);
  expect(take('b')).toBe(true);
});

test('a clock that is set gives nothing away and takes nothing', () => {
  const clock = fakeClock(1_000_000_000);
  const { take } = tokenBuckets({ burst: 1, fillMs: 1_000, maxKeys: 2 }, clock);
  expect(take('a')).toBe(true);
  for (const ms of [-3_600_000, 7_200_000]) {
    clock.jump(ms);
    expect(take('a')).toBe(false);
  }
  clock.advance(1_000);
  expect(take('a')).toBe(true);
});

test('to ask takes nothing', () => {
  const { has, take } = tokenBuckets({ burst: 1, fillMs: 1_000, maxKeys: 2 }, fakeClock());
  expect([has('a'), has('a'), take('a'), has('a'), take('a')]).toEqual([true, true, true, false, false]);
});
