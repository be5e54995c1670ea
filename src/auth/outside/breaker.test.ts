import { expect, test } from 'vitest';
import { fakeClock } from '../../../test/support/fake-clock.ts';
import { Breaker } from './breaker.ts';

const make = () => {
  const clock = fakeClock();
  return { clock, breaker: new Breaker({ failures: 3, pauseMs: 1_000 }, clock) };
};
const attempt = (breaker: Breaker, outcome: 'answered' | 'failed' | 'given-up') => breaker.begin()?.(outcome);

test('failures one after the other take a service out of use, and an answer between them begins anew', () => {
  const { breaker } = make();
  expect(attempt(breaker, 'failed')).toBeUndefined();
  expect(attempt(breaker, 'failed')).toBeUndefined();
  expect(attempt(breaker, 'answered')).toBeUndefined();
  expect(attempt(breaker, 'failed')).toBeUndefined();
  expect(attempt(breaker, 'failed')).toBeUndefined();
  expect(breaker.isOpen).toBe(false);
  expect(attempt(breaker, 'failed')).toBe('out');
  expect(breaker.isOpen).toBe(true);
  expect(breaker.begin()).toBeUndefined();
});

test('attempts that fail once it is out make the pause no longer', () => {
  const { breaker, clock } = make();
  const ends = [1, 2, 3, 4].map(() => breaker.begin()!);
  expect(ends.map((end) => end('failed'))).toEqual([undefined, undefined, 'out', undefined]);
  clock.advance(1_000);
  expect(breaker.isOpen).toBe(false);
});

test('after the pause one asks and the others wait for what comes of it', () => {
  const { breaker, clock } = make();
  for (let index = 0; index < 3; index += 1) attempt(breaker, 'failed');
  clock.advance(999);
  expect(breaker.begin()).toBeUndefined();
  clock.advance(1);
  const trial = breaker.begin();
  expect(breaker.isOpen).toBe(true);
  expect(breaker.begin()).toBeUndefined();
  expect(trial?.('failed')).toBeUndefined();
  expect(breaker.isOpen).toBe(true);
  clock.advance(1_000);
  expect(attempt(breaker, 'given-up')).toBeUndefined(); // it left: the next tries
  expect(attempt(breaker, 'answered')).toBe('back');
  expect(breaker.isOpen).toBe(false);
  expect(attempt(breaker, 'failed')).toBeUndefined();
});

test('who left before there was an outcome counts for nothing', () => {
  const { breaker } = make();
  for (let index = 0; index < 10; index += 1) attempt(breaker, 'given-up');
  expect(breaker.isOpen).toBe(false);
});
