import { isIP, isIPv6 } from 'node:net';

/** An address, or all addresses that begin with the same bits. */
export interface Network {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  /** Bits that count. */
  readonly prefix: number;
}

/** Parses `10.0.0.0/8`, `fd00::/8` and single addresses; IPv4 mapped into IPv6 is IPv4, and no other network of IPv6 holds it. @returns the network, or the sentence that says what is wrong. */
export function parseNetwork(text: string): Network | string {
  const [, address = '', bits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text.trim()) ?? [];
  const version = isIP(address);
  if (version === 0)
    return `"${text}" is neither an address nor a network; write e.g. 192.0.2.7, 10.0.0.0/8 or fd00::/8`;
  const most = version === 4 ? 32 : 128;
  const prefix = bits === undefined ? most : Number(bits);
  if (prefix > most) return `"${text}": /${bits} is too long; use /0 to /${most}`;
  if (version === 4) return { address, family: 'ipv4', prefix };
  const unmapped = withoutMapping(asMapped(address));
  const isMapped = prefix >= mappingBits && isIP(unmapped) === 4;
  return isMapped
    ? { address: unmapped, family: 'ipv4', prefix: prefix - mappingBits }
    : { address, family: 'ipv6', prefix };
}

/**
 * What counts as one place: an IPv4 address, and of IPv6 the first four groups, which one site has at least, so that it
 * cannot pass for many (RFC 6177).
 */
export const siteOf = (address: string): string =>
  isIPv6(address) ? groupsOf(address).slice(0, 4).join(':') : address;

/** The eight groups of an IPv6 address, in lower case without leading zeros. */
export function groupsOf(address: string): string[] {
  const [head = '', tail] = address.split('%', 1)[0]?.toLowerCase().split('::') ?? [];
  const before = partsOf(head);
  const after = partsOf(tail);
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  return [...before, ...Array.from({ length: zeros }, () => '0'), ...after];
}

const partsOf = (text = ''): string[] => (text === '' ? [] : text.split(':').flatMap(groupsIn));

/** The last four bytes may be written as those of an IPv4 address (RFC 4291 2.2). */
function groupsIn(part: string): string[] {
  if (!part.includes('.')) return [part.replace(/^0+(?=.)/, '')];
  const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
  return [(a * 256 + b).toString(16), (c * 256 + d).toString(16)];
}

const mapped = '::ffff:';
/** As long as what stands before the IPv4 address (RFC 4291 2.5.5.2). */
const mappingBits = 96;

/** An IPv6 address that holds an IPv4 address, in the form that shows it; others as they are. */
function asMapped(address: string): string {
  const groups = groupsOf(address);
  if (groups.slice(0, 6).join(':') !== '0:0:0:0:0:ffff') return address;
  const bytes = groups.slice(6).flatMap((group) => [Number(`0x${group}`) >> 8, Number(`0x${group}`) & 0xff]);
  return `${mapped}${bytes.join('.')}`;
}

/** An IPv4 address as such, where a socket for both families shows it as `::ffff:192.0.2.1`. */
export const withoutMapping = (address: string): string =>
  address.startsWith(mapped) && address.includes('.') ? address.slice(mapped.length) : address;
