import { Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { type Arrival, arrivals } from './arrivals.ts';

const setUp = (maxPending = 3) => {
  const clock = fakeClock();
  const onDrop = vi.fn<(arrival: Arrival, reason: string) => void>();
  const pending = arrivals({ maxPending, timeoutMs: 1_000, clock, onDrop });
  let port = 0;
  const arrive = (): Arrival => {
    port += 1;
    const arrival = { socket: new Socket(), address: '192.0.2.1', port };
    pending.add(arrival);
    return arrival;
  };
  return { clock, onDrop, pending, arrive };
};

test('each connection has the whole time, and one timer serves all', () => {
  const { clock, onDrop, pending, arrive } = setUp();
  const first = arrive();
  clock.advance(600);
  const second = arrive();
  expect(clock.timers).toBe(1);
  clock.advance(399);
  expect(onDrop).not.toHaveBeenCalled();
  clock.advance(1);
  expect(onDrop).toHaveBeenCalledExactlyOnceWith(first, 'handshake-timeout');
  expect(first.socket.destroyed).toBe(true);
  clock.advance(599);
  expect(second.socket.destroyed).toBe(false);
  clock.advance(1);
  expect(second.socket.destroyed).toBe(true);
  expect(pending.size).toBe(0);
  expect(clock.timers).toBe(0);
});

test('beyond maxPending the oldest goes, never the new one', () => {
  const { onDrop, pending, arrive } = setUp(3);
  const all = Array.from({ length: 5 }, arrive);
  expect(onDrop.mock.calls).toEqual([
    [all[0], 'max-pending'],
    [all[1], 'max-pending'],
  ]);
  expect(all.map(({ socket }) => socket.destroyed)).toEqual([true, true, false, false, false]);
  expect(pending.size).toBe(3);
});

test('a connection that got through is left alone', () => {
  const { clock, onDrop, pending, arrive } = setUp();
  const arrival = arrive();
  expect(pending.settle(arrival)).toBe(true);
  expect(pending.settle(arrival)).toBe(false);
  clock.advance(5_000);
  expect(onDrop).not.toHaveBeenCalled();
  expect(arrival.socket.destroyed).toBe(false);
});

test('a refused connection that lingers is closed at the deadline without another word', () => {
  const { clock, onDrop, pending, arrive } = setUp();
  const arrival = arrive();
  pending.mute(arrival);
  clock.advance(1_000);
  expect(arrival.socket.destroyed).toBe(true);
  expect(onDrop).not.toHaveBeenCalled();
  expect(pending.settle(arrival)).toBe(false);
});

test('clearing closes what is pending and leaves no timer', () => {
  const { clock, pending, arrive } = setUp();
  const arrival = arrive();
  pending.clear();
  expect(arrival.socket.destroyed).toBe(true);
  expect(clock.timers).toBe(0);
});

test('a wall clock that is set ahead or back closes nobody early and keeps nobody longer', () => {
  const { clock, onDrop, arrive } = setUp();
  for (const ms of [-3_600_000, 3_600_000]) {
    const arrival = arrive();
    clock.jump(ms);
    clock.advance(999);
    expect(arrival.socket.destroyed).toBe(false);
    clock.advance(1);
    expect(onDrop).toHaveBeenLastCalledWith(arrival, 'handshake-timeout');
  }
});
