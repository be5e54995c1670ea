/** Time and timers, injected so that tests need no sleeping. */
export interface Clock {
  /** Milliseconds since the epoch. May jump ahead or back when somebody sets the clock, so it is for dates alone. */
  readonly now: () => number;
  /** Milliseconds since some moment, which never jump: for all that lasts a while. */
  readonly monotonic: () => number;
  /** Runs `task` once after `delayMs`, at most 24 days. The returned function cancels it. Never keeps the process alive. */
  after(delayMs: number, task: () => void): () => void;
}

/** A time to the second, for people: `2026-06-01T00:00:00Z`. @param ms since the epoch. */
export const isoTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** What a timer of Node can hold; a longer one would run at once. */
const maxDelayMs = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, Math.min(delayMs, maxDelayMs));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
