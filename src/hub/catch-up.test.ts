import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { CatchUp } from './catch-up.ts';

test('a publisher is held until the subscriber has caught up', () => {
  const [clock, catchUp, publisher] = [fakeClock(), new CatchUp(), new Socket()];
  catchUp.hold(publisher, clock);
  expect([publisher.isPaused(), catchUp.isAwaited]).toEqual([true, true]);
  catchUp.done();
  expect([publisher.isPaused(), catchUp.isAwaited, clock.timers]).toEqual([false, false, 0]);
});

test('it is held for 10 ms at most, so that a stuck subscriber does not stop it', () => {
  const [clock, catchUp, publisher] = [fakeClock(), new CatchUp(), new Socket()];
  catchUp.hold(publisher, clock);
  clock.advance(9);
  expect(publisher.isPaused()).toBe(true);
  clock.advance(1);
  expect([publisher.isPaused(), catchUp.isAwaited]).toEqual([false, false]);
});

test('a publisher that goes ends its hold', () => {
  const [clock, catchUp, publisher] = [fakeClock(), new CatchUp(), new Socket()];
  const end = catchUp.hold(publisher, clock);
  end();
  end();
  expect([catchUp.isAwaited, clock.timers]).toEqual([false, 0]);
});
