import type { Clock } from './clock.ts';

const bucketCount = 512;
const never = -1;

export interface TimerWheelOptions {
  /** How exactly the timers run, in milliseconds: one wake-up each tick while any timer waits. */
  readonly tickMs: number;
}

/** A timer that waits in a wheel. Runs once. */
export class WheelTimer {
  readonly task: () => void;
  readonly delayTicks: number;
  dueTick: number;
  /** The tick of the last `touch`, or -1. */
  touchedTick = never;
  readonly #wheel: TimerWheel;

  constructor(wheel: TimerWheel, task: () => void, delayTicks: number, dueTick: number) {
    this.#wheel = wheel;
    this.task = task;
    this.delayTicks = delayTicks;
    this.dueTick = dueTick;
  }

  /** Starts its delay anew. Costs one store, so it may be called for every packet; no effect once it has run. */
  touch(): void {
    this.touchedTick = this.#wheel.tick;
  }

  /** No effect once it has run. */
  cancel(): void {
    this.#wheel.remove(this);
  }
}

/**
 * Many timers of one kind on one timer of the clock, which is armed only while one of them waits. Adding, touching and
 * cancelling cost the same however many there are. None runs early; one runs at most one tick late, and at most two
 * when it was touched, as a touch remembers nothing finer than the tick.
 *
 * A wake-up counts as one tick however late it comes: while the process stands still its clients cannot be heard, and
 * must not be taken for silent.
 */
export class TimerWheel {
  /** Counts the wake-ups. */
  tick = 0;
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #buckets: readonly Set<WheelTimer>[];
  #size = 0;
  #tickStartMs = 0;
  #disarm: (() => void) | undefined;

  constructor(clock: Clock, { tickMs }: TimerWheelOptions) {
    this.#clock = clock;
    this.#tickMs = tickMs;
    this.#buckets = Array.from({ length: bucketCount }, () => new Set<WheelTimer>());
  }

  /** Timers that wait. */
  get size(): number {
    return this.#size;
  }

  /** @param delayMs 0 or more. @param task runs once; must not throw. */
  add(delayMs: number, task: () => void): WheelTimer {
    if (this.#disarm === undefined) this.#arm();
    const offsetMs = Math.min(this.#clock.monotonic() - this.#tickStartMs, this.#tickMs); // a wake-up may be late
    const dueTick = this.tick + Math.max(1, Math.ceil((offsetMs + delayMs) / this.#tickMs));
    const timer = new WheelTimer(this, task, Math.ceil(delayMs / this.#tickMs), dueTick);
    this.#bucketOf(dueTick).add(timer);
    this.#size += 1;
    return timer;
  }

  /** @param timer of this wheel; see `WheelTimer.cancel`. */
  remove(timer: WheelTimer): void {
    if (!this.#bucketOf(timer.dueTick).delete(timer)) return;
    this.#size -= 1;
    if (this.#size === 0) this.stop();
  }

  /** Drops all timers; none of them runs. */
  stop(): void {
    this.#disarm?.();
    this.#disarm = undefined;
    if (this.#size > 0) for (const bucket of this.#buckets) bucket.clear();
    this.#size = 0;
  }

  #bucketOf(tick: number): Set<WheelTimer> {
    return this.#buckets[tick % bucketCount]!;
  }

  #arm(): void {
    this.#tickStartMs = this.#clock.monotonic();
    this.#disarm = this.#clock.after(this.#tickMs, this.#wake);
  }

  readonly #wake = (): void => {
    this.tick += 1;
    this.#arm();
    for (const timer of this.#bucketOf(this.tick)) {
      if (timer.touchedTick !== never) this.#postpone(timer);
      if (timer.dueTick > this.tick) continue;
      this.remove(timer);
      timer.task();
    }
  };

  /** It was touched somewhere within a tick, so its delay counts from the end of that one. */
  #postpone(timer: WheelTimer): void {
    const dueTick = timer.touchedTick + 1 + timer.delayTicks;
    timer.touchedTick = never;
    if (dueTick <= timer.dueTick) return;
    this.#bucketOf(timer.dueTick).delete(timer);
    timer.dueTick = dueTick;
    this.#bucketOf(dueTick).add(timer);
  }
}
