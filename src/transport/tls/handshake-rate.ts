import { isIPv6 } from 'node:net';
import type { Clock } from '../../kernel/clock.ts';
import { minuteMs, secondMs } from '../../kernel/duration.ts';
import { tokenBuckets } from '../../kernel/token-buckets.ts';

/** Lets so many handshakes begin; the rest are told at once, before they cost anything. */
export interface HandshakeRate {
  /** @returns false when there were too many, of this address or of all. */
  take(address: string): boolean;
}

/** More addresses are not remembered; the one that was quiet the longest is forgotten first. */
const maxAddresses = 65_536;

/**
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
  const own = perAddress && tokenBuckets({ burst: perAddress, fillMs: minuteMs, maxKeys: maxAddresses }, clock);
  const all = overall && tokenBuckets({ burst: overall, fillMs: secondMs, maxKeys: 1 }, clock);
  return {
    take(address) {
      const key = isIPv6(address) ? networkOf(address) : address;
      if (own && !own.has(key)) return false;
      if (all && !all.take('')) return false;
      if (own) own.take(key);
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
