import { isIPv4 } from 'node:net';
import { contextTag, type DerValue } from './der.ts';
import { implicit } from './der-write.ts';
import { type AltName, shortestIPv6 } from './names.ts';

/** RFC 5280 4.2.1.6, GeneralName. */
const numbers = { email: 1, dns: 2, url: 6, ip: 7 } as const;

export function encodeName({ type, value }: AltName): Buffer {
  return implicit(numbers[type], type === 'ip' ? ipOctets(value) : Buffer.from(value, 'latin1'));
}

/** @returns the name, or undefined for kinds that no certificate made here carries. */
export function decodeName({ tag, content }: DerValue): AltName | undefined {
  if (tag === contextTag(numbers.ip, false)) {
    const value = ipText(content);
    return value === undefined ? undefined : { type: 'ip', value };
  }
  for (const type of ['email', 'dns', 'url'] as const)
    if (tag === contextTag(numbers[type], false)) return { type, value: content.toString('latin1') };
  return undefined;
}

/** Four octets of an IPv4 address, sixteen of an IPv6 address. @param address already checked. */
export function ipOctets(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = shortestIPv6(address).split('::');
  const groups = (text: string | undefined): string[] => (text === undefined || text === '' ? [] : text.split(':'));
  const before = groups(head);
  const after = groups(tail);
  const middle = tail === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => '0');
  return Buffer.from([...before, ...middle, ...after].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

export function ipText(octets: Buffer): string | undefined {
  if (octets.length === 4) return [...octets].join('.');
  if (octets.length !== 16) return undefined;
  return shortestIPv6(octets.toString('hex').match(/.{4}/g)?.join(':') ?? '');
}
