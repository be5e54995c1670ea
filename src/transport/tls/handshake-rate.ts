import { isIPv6 } from 'node:net';
import type { Clock } from '../../kernel/clock.ts';

/** Lets so many handshakes begin; the rest are told at once, before they cost anything. */
export interface HandshakeRate {
  /** @returns false when there were too many, of this address or of all. */
  take(address: string): boolean;
}

/** More addresses are not remembered; the one that was quiet the longest is forgotten first. */
const maxAddresses = 65_536;

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * Token buckets: what was not used is saved up, for one period at most.
 * @param perAddress handshakes of one address per minute, of one /64 for IPv6; undefined: no limit.
 * @param overall handshakes of all per second; undefined: no limit.
 */
export function handshakeRate(options: {
  readonly perAddress: number | undefined;
  readonly overall: number | undefined;
  readonly clock: Clock;
}): HandshakeRate | undefined {
  const { perAddress, overall, clock } = options;
  if (perAddress === undefined && overall === undefined) return undefined;
  const buckets = new Map<string, Bucket>();
  const all: Bucket = { tokens: overall ?? 0, atMs: clock.monotonic() };

  const bucketOf = (address: string, max: number): Bucket => {
    const key = isIPv6(address) ? networkOf(address) : address;
    const bucket = buckets.get(key) ?? { tokens: max, atMs: clock.monotonic() };
    buckets.delete(key); // and in again as the latest
    buckets.set(key, bucket);
    if (buckets.size > maxAddresses) for (const oldest of buckets.keys()) return drop(oldest, bucket);
    return bucket;
  };
  const drop = (oldest: string, bucket: Bucket): Bucket => {
    buckets.delete(oldest);
    return bucket;
  };
  const has = (bucket: Bucket, max: number, periodMs: number): boolean => {
    const now = clock.monotonic();
    const sinceMs = now - bucket.atMs;
    bucket.tokens = Math.min(max, bucket.tokens + (sinceMs * max) / periodMs);
    bucket.atMs = now;
    return bucket.tokens >= 1;
  };

  return {
    take(address) {
      const own = perAddress === undefined ? undefined : bucketOf(address, perAddress);
      if (own !== undefined && perAddress !== undefined && !has(own, perAddress, 60_000)) return false;
      if (overall !== undefined && !has(all, overall, 1_000)) return false;
      if (own !== undefined) own.tokens -= 1;
      all.tokens -= 1;
      return true;
    },
  };
}

/** The first four groups: what one site has at least, so that it cannot pass for many (RFC 6177). */
function networkOf(address: string): string {
  const [head = '', tail] = address.split('%', 1)[0]?.toLowerCase().split('::') ?? [];
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  return [...before, ...Array.from({ length: zeros }, () => '0'), ...after]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
