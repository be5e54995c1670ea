import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { TimerWheel, type WheelTimer } from './timer-wheel.ts';

const tickMs = 100;

test('a timer runs once, not before its delay and at most one tick after it', () => {
  const clock = fakeClock(5);
  const wheel = new TimerWheel(clock, { tickMs });
  const ran: number[] = [];
  wheel.add(250, () => ran.push(clock.now() - 5));
  clock.advance(249);
  expect(ran).toEqual([]);
  clock.advance(1_000);
  expect(ran).toEqual([300]);
});

test('nothing is armed while no timer waits, and one timer of the clock serves all', () => {
  const clock = fakeClock();
  const wheel = new TimerWheel(clock, { tickMs });
  expect(clock.timers).toBe(0);
  const timers = Array.from({ length: 100 }, (_, index) => wheel.add(index * 10, () => undefined));
  expect(clock.timers).toBe(1);
  expect(wheel.size).toBe(100);
  for (const timer of timers) timer.cancel();
  expect(clock.timers).toBe(0);
  expect(wheel.size).toBe(0);
  wheel.add(10, () => undefined);
  clock.advance(tickMs);
  expect(clock.timers).toBe(0);
});

test('touch starts the delay anew, however often it comes', () => {
  const clock = fakeClock();
  const wheel = new TimerWheel(clock, { tickMs });
  const ran: number[] = [];
  const timer = wheel.add(1_000, () => ran.push(clock.now()));
  for (let step = 0; step < 200; step += 1) {
    clock.advance(90);
    timer.touch();
  }
  expect(ran).toEqual([]);
  const lastMs = clock.now();
  clock.advance(5_000);
  expect(ran).toHaveLength(1);
  expect(ran[0]).toBeGreaterThanOrEqual(lastMs + 1_000);
  expect(ran[0]).toBeLessThanOrEqual(lastMs + 1_000 + 2 * tickMs);
});

test('a delay of many turns of the wheel is kept, touched or not', () => {
  const clock = fakeClock();
  const wheel = new TimerWheel(clock, { tickMs });
  const ran: string[] = [];
  wheel.add(98_302_500, () => ran.push('untouched'));
  const touched = wheel.add(98_302_500, () => ran.push('touched'));
  clock.advance(98_302_400);
  touched.touch();
  expect(ran).toEqual([]);
  clock.advance(200);
  expect(ran).toEqual(['untouched']);
  clock.advance(98_302_200);
  expect(ran).toEqual(['untouched']);
  clock.advance(400);
  expect(ran).toEqual(['untouched', 'touched']);
});

test('a task may cancel a timer that is due with it, and add others', () => {
  const clock = fakeClock();
  const wheel = new TimerWheel(clock, { tickMs });
  const ran: string[] = [];
  let second: WheelTimer | undefined;
  wheel.add(50, () => {
    ran.push('first');
    second?.cancel();
    wheel.add(0, () => ran.push('third'));
  });
  second = wheel.add(50, () => ran.push('second'));
  clock.advance(tickMs);
  expect(ran).toEqual(['first']);
  clock.advance(tickMs);
  expect(ran).toEqual(['first', 'third']);
});

test('cancel and touch after the end do nothing', () => {
  const clock = fakeClock();
  const wheel = new TimerWheel(clock, { tickMs });
  let runs = 0;
  const timer = wheel.add(0, () => (runs += 1));
  wheel.add(10_000, () => undefined);
  clock.advance(tickMs);
  timer.touch();
  timer.cancel();
  timer.cancel();
  expect(wheel.size).toBe(1);
  clock.advance(5_000);
  expect(runs).toBe(1);
});

test('stop drops all timers', () => {
  const clock = fakeClock();
  const wheel = new TimerWheel(clock, { tickMs });
  let runs = 0;
  const timer = wheel.add(1, () => (runs += 1));
  wheel.stop();
  timer.cancel();
  clock.advance(1_000);
  expect([runs, clock.timers, wheel.size]).toEqual([0, 0, 0]);
});

test('a process that stood still makes no timer run early', () => {
  let nowMs = 0;
  let wake: () => void = () => undefined;
  const clock = {
    now: () => 0,
    monotonic: () => nowMs,
    after: (_delayMs: number, task: () => void) => ((wake = task), () => undefined),
  };
  const wheel = new TimerWheel(clock, { tickMs });
  let runs = 0;
  wheel.add(200, () => (runs += 1));
  nowMs += 3_600_000;
  wake();
  expect(runs).toBe(0);
  wake();
  expect(runs).toBe(1);
});

test('a wall clock that is set ahead or back moves no timer', () => {
  const clock = fakeClock(10 * 3_600_000);
  const wheel = new TimerWheel(clock, { tickMs });
  const ran: string[] = [];
  wheel.add(1_000, () => ran.push('before'));
  clock.jump(-3_600_000);
  wheel.add(1_000, () => ran.push('back'));
  clock.jump(7_200_000);
  wheel.add(1_000, () => ran.push('ahead'));
  clock.advance(900);
  expect(ran).toEqual([]);
  clock.advance(200);
  expect(ran).toEqual(['before', 'back', 'ahead']);
});

/** A timer of the property below, and between when and when it has to run. */
interface Watched {
  readonly timer: WheelTimer;
  readonly delayMs: number;
  readonly runsMs: number[];
  fromMs: number;
  slackMs: number;
  isCancelled: boolean;
}

const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), delayMs: fc.integer({ min: 0, max: 70_000 }) }),
  fc.record({ kind: fc.constantFrom('touch' as const, 'cancel' as const), index: fc.nat(20) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 3_000 }) }),
);

function watch(wheel: TimerWheel, nowMs: () => number, delayMs: number): Watched {
  const runsMs: number[] = [];
  const timer = wheel.add(delayMs, () => runsMs.push(nowMs()));
  return { timer, delayMs, runsMs, fromMs: nowMs(), slackMs: tickMs, isCancelled: false };
}

function cancel(watched: Watched): void {
  watched.timer.cancel();
  watched.isCancelled = true;
}

function touch(watched: Watched, nowMs: number): void {
  watched.timer.touch();
  watched.fromMs = nowMs;
  watched.slackMs = 2 * tickMs;
}

const isInTime = ({ runsMs: [ranMs, ...again], fromMs, delayMs, slackMs, isCancelled }: Watched): boolean =>
  ranMs === undefined
    ? isCancelled
    : !isCancelled && again.length === 0 && ranMs >= fromMs + delayMs && ranMs <= fromMs + delayMs + slackMs;

test('every timer runs once and within its bounds, whatever is added, touched and cancelled', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const clock = fakeClock();
      const wheel = new TimerWheel(clock, { tickMs });
      const all: Watched[] = [];
      const waiting = (index: number) => all.slice(index, index + 1).filter(({ runsMs }) => runsMs.length === 0);
      for (const one of steps) {
        if (one.kind === 'add') all.push(watch(wheel, () => clock.now(), one.delayMs));
        else if (one.kind === 'wait') clock.advance(one.ms);
        else if (one.kind === 'cancel') waiting(one.index).forEach(cancel);
        else for (const watched of waiting(one.index)) touch(watched, clock.now());
      }
      clock.advance(100_000);
      expect(all.filter((watched) => !isInTime(watched))).toEqual([]);
      expect(clock.timers).toBe(0);
    }),
  );
});
