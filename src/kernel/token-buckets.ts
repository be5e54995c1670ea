import type { Clock } from './clock.ts';
import { putNewest } from './newest.ts';

export interface TokenBucketsOptions {
  /** So many may come at once; what was not used is saved up to as many. */
  readonly burst: number;
  /** Milliseconds in which an empty bucket is full again, evenly. */
  readonly fillMs: number;
  /** Keys that are told apart; of more the one that was quiet the longest is forgotten. */
  readonly maxKeys: number;
}

/** A token bucket for each key: lets so many through, and refuses what comes faster. */
export interface TokenBuckets {
  /** Whether one more may come; takes nothing. */
  readonly has: (key: string) => boolean;
  /** @returns false where it comes too fast; then nothing is taken. */
  readonly take: (key: string) => boolean;
}

interface Bucket {
  left: number;
  atMs: number;
}

export function tokenBuckets(
  { burst, fillMs, maxKeys }: TokenBucketsOptions,
  clock: Pick<Clock, 'monotonic'>,
): TokenBuckets {
  const buckets = new Map<string, Bucket>();
  /** As it is now, and the latest in the map. */
  const bucketOf = (key: string): Bucket => {
    const now = clock.monotonic();
    const bucket = buckets.get(key) ?? { left: burst, atMs: now };
    putNewest(buckets, key, bucket, maxKeys);
    bucket.left = Math.min(burst, bucket.left + ((now - bucket.atMs) * burst) / fillMs);
    bucket.atMs = now;
    return bucket;
  };
  return {
    has: (key) => bucketOf(key).left >= 1,
    take(key) {
      const bucket = bucketOf(key);
      if (bucket.left < 1) return false;
      bucket.left -= 1;
      return true;
    },
  };
}
