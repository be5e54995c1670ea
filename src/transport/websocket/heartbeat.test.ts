import { expect, test, vi } from 'vitest';
import { fakeClock } from '../../../test/support/fake-clock.ts';
import { heartbeat } from './heartbeat.ts';

test('each member is called once every 25 s, counted from when it joined', () => {
  const clock = fakeClock();
  const pulse = heartbeat(clock);
  const early = vi.fn<() => void>();
  const late = vi.fn<() => void>();
  pulse.join(early);
  clock.advance(10_000);
  pulse.join(late);
  clock.advance(14_999);
  expect(early).not.toHaveBeenCalled();
  clock.advance(1);
  expect(early).toHaveBeenCalledTimes(1);
  expect(late).not.toHaveBeenCalled();
  clock.advance(10_000);
  expect(late).toHaveBeenCalledTimes(1);
  clock.advance(50_000);
  expect(early).toHaveBeenCalledTimes(3);
  expect(late).toHaveBeenCalledTimes(3);
});

test('one timer serves all, and none is left with the last member', () => {
  const clock = fakeClock();
  const pulse = heartbeat(clock);
  const leave = [pulse.join(() => undefined), pulse.join(() => undefined)];
  clock.advance(1_500);
  expect(clock.timers).toBe(1);
  for (const one of leave) one();
  for (const one of leave) one();
  expect(clock.timers).toBe(0);
  pulse.join(() => undefined);
  expect(clock.timers).toBe(1);
});

test('a member may leave in its own turn', () => {
  const clock = fakeClock();
  const pulse = heartbeat(clock);
  const leave = pulse.join(() => leave());
  clock.advance(30_000);
  expect(clock.timers).toBe(0);
});
