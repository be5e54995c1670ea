import type { Clock } from '../../src/kernel/clock.ts';

/** A clock that stands still until it is told to go on. */
export interface FakeClock extends Clock {
  /** Moves on, running what falls due in its order. */
  advance(ms: number): void;
  /** Sets the wall clock ahead, or back by less than 0; no time passes. */
  jump(ms: number): void;
  /** Timers that wait. */
  readonly timers: number;
}

export function fakeClock(startMs = 0): FakeClock {
  let nowMs = 0;
  let epochMs = startMs;
  const waiting = new Set<{ readonly dueMs: number; readonly task: () => void }>();
  return {
    now: () => epochMs + nowMs,
    monotonic: () => nowMs,
    jump(ms) {
      epochMs += ms;
    },
    after(delayMs, task) {
      const timer = { dueMs: nowMs + delayMs, task };
      waiting.add(timer);
      return () => waiting.delete(timer);
    },
    get timers() {
      return waiting.size;
    },
    advance(ms) {
      const endMs = nowMs + ms;
      for (;;) {
        const [next] = [...waiting].filter(({ dueMs }) => dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs);
        if (next === undefined) break;
        waiting.delete(next);
        nowMs = next.dueMs;
        next.task();
      }
      nowMs = endMs;
    },
  };
}
