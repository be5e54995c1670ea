import type { Clock } from '../kernel/clock.ts';
import { minuteMs, secondMs } from '../kernel/duration.ts';
import { siteOf } from '../kernel/networks.ts';
import { tokenBuckets } from '../kernel/token-buckets.ts';

/** Lets so many come; the rest are told at once, before they cost anything. */
export interface AddressRate {
  /** @returns false when there were too many, of this address or of all. */
  take(address: string): boolean;
}

/** More addresses are not remembered; the one that was quiet the longest is forgotten first. */
const maxAddresses = 65_536;

/**
 * @param perAddress of one address per minute, of one /64 for IPv6; undefined: no limit.
 * @param overall of all per second; undefined: no limit.
 */
export function addressRate(options: {
  readonly perAddress: number | undefined;
  readonly overall: number | undefined;
  readonly clock: Clock;
}): AddressRate | undefined {
  const { perAddress, overall, clock } = options;
  if (perAddress === undefined && overall === undefined) return undefined;
  const own = perAddress && tokenBuckets({ burst: perAddress, fillMs: minuteMs, maxKeys: maxAddresses }, clock);
  const all = overall && tokenBuckets({ burst: overall, fillMs: secondMs, maxKeys: 1 }, clock);
  return {
    take(address) {
      const key = siteOf(address);
      if (own && !own.has(key)) return false;
      if (all && !all.take('')) return false;
      if (own) own.take(key);
      return true;
    },
  };
}
