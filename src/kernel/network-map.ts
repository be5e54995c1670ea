import { isIP } from 'node:net';
import { groupsOf, parseNetwork } from './networks.ts';

/** The bits of an address, as text; undefined for what is none. */
function bitsOf(address: string): string | undefined {
  const plain = address.split('%', 1)[0] ?? '';
  const version = isIP(plain);
  if (version === 0) return undefined;
  const numbers = version === 4 ? plain.split('.').map(Number) : groupsOf(plain).map((group) => Number(`0x${group}`));
  const width = version === 4 ? 8 : 16;
  return `${version}:${numbers.map((one) => one.toString(2).padStart(width, '0')).join('')}`;
}

/** Values of addresses and networks. Asking costs a look for each length of prefix that occurs, however many there are. */
export class NetworkMap<T> {
  readonly #values = new Map<string, T[]>();
  /** Lengths of the keys, each with the networks of that length. */
  readonly #lengths = new Set<number>();

  /** @param network as `parseNetwork` reads it; another is none */
  add(network: string, value: T): void {
    const parsed = parseNetwork(network);
    const bits = typeof parsed === 'string' ? undefined : bitsOf(parsed.address);
    if (typeof parsed === 'string' || bits === undefined) return;
    const key = bits.slice(0, parsed.prefix + 2);
    this.#lengths.add(key.length);
    const values = this.#values.get(key);
    if (values === undefined) this.#values.set(key, [value]);
    else values.push(value);
  }

  /** @param address an IPv4 address as such, not mapped into IPv6 @returns the first value of its networks that counts */
  find(address: string, counts: (value: T) => boolean): T | undefined {
    if (this.#lengths.size === 0) return undefined;
    const bits = bitsOf(address);
    if (bits === undefined) return undefined;
    for (const length of this.#lengths) {
      const found = length > bits.length ? undefined : this.#values.get(bits.slice(0, length))?.find(counts);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** Several networks; asks in time that does not depend on how many they are, nor on how many addresses they have. */
export interface Networks {
  /** @param address an IPv4 address as such, not mapped into IPv6 */
  readonly has: (address: string) => boolean;
}

/** @param texts that `parseNetwork` reads; others are none */
export function networksOf(texts: readonly string[]): Networks {
  const map = new NetworkMap<true>();
  for (const text of texts) map.add(text, true);
  return { has: (address) => map.find(address, (isIn) => isIn) === true };
}
