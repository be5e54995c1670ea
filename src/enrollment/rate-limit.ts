import type { Clock } from '../kernel/clock.ts';

export interface RateLimitOptions {
  readonly perSecond: number;
  /** So many may come at once. */
  readonly burst: number;
  /** Keys that are told apart; of more the ones seen first are forgotten. */
  readonly maxKeys: number;
}

/** Takes one more of a key. @returns false where it comes too fast. */
export type RateLimit = (key: string) => boolean;

/** A token bucket for each key. */
export function rateLimit({ perSecond, burst, maxKeys }: RateLimitOptions, clock: Pick<Clock, 'monotonic'>): RateLimit {
  const buckets = new Map<string, { readonly left: number; readonly at: number }>();
  return (key) => {
    const now = clock.monotonic();
    const bucket = buckets.get(key);
    const passedMs = bucket === undefined ? 0 : now - bucket.at;
    const left = bucket === undefined ? burst : Math.min(burst, bucket.left + (passedMs / 1_000) * perSecond);
    buckets.delete(key);
    const [oldest] = buckets.size >= maxKeys ? buckets.keys() : [];
    if (oldest !== undefined) buckets.delete(oldest);
    buckets.set(key, { left: left < 1 ? left : left - 1, at: now });
    return left >= 1;
  };
}
