import type { Clock } from '../../kernel/clock.ts';

/**
 * What time it is by Redis, whose clock is not ours and may be set while we are connected. An answer was made between
 * question and receipt, so it says within which bounds the difference lies; it is believed as far as that, and a slow
 * answer moves nothing that can be true.
 */
export class RedisTime {
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** Added to our monotonic clock. */
  #offsetMs: number | undefined;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** @param redisMs the time by Redis in an answer; undefined where it has none. @param askedAt by our monotonic clock */
  learn(redisMs: number | undefined, askedAt: number): void {
    if (redisMs === undefined) return;
    const [least, most] = [redisMs - this.#clock.monotonic(), redisMs - askedAt];
    this.#offsetMs = Math.min(most, Math.max(least, this.#offsetMs ?? (least + most) / 2));
  }

  /** @param ms by our monotonic clock */
  at(ms: number): number {
    return Math.floor(ms + (this.#offsetMs ?? 0));
  }
}

/** The time in the refusal of a batch that came too late; the script writes it there. */
export function lateTimeIn(message: string): number | undefined {
  const [, ms] = /^LATE (\d+)/.exec(message) ?? [];
  return ms === undefined ? undefined : Number(ms);
}
