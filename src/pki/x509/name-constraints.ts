import { isIPv4, isIPv6 } from 'node:net';
import { contextTag, type DerValue, readChildren, readDer } from './der.ts';
import { element, implicit, sequence } from './der-write.ts';
import { decodeName, encodeName, ipOctets, ipText } from './general-name.ts';
import { type AltName, parseSubjectAltName, shortestIPv6 } from './names.ts';

/** The names that a CA may put into certificates (RFC 5280 4.2.1.10). */
export interface NameConstraints {
  /** Names of a kind that stands here must be inside one of that kind; an IP range is written `10.0.0.0/8`. */
  readonly permitted: readonly AltName[];
  readonly excluded: readonly AltName[];
}

/**
 * Parses one constraint: `DNS:example.com` with everything below it, `IP:10.0.0.0/8`, `email:example.com` and
 * `URI:example.com` for this host only, `email:.example.com` and `URI:.example.com` for those below it.
 * @returns the constraint, or the sentence that says what is wrong.
 */
export function parseConstraint(text: string): AltName | string {
  const [, kind = 'dns', value = ''] = /^(?:(dns|ip|email|uri):)?(.*)$/i.exec(text.trim()) ?? [];
  const type = kind.toLowerCase();
  if (type === 'ip') return parseRange(value);
  if (type === 'email' && value.includes('@')) return parseSubjectAltName(`email:${value}`);
  const dot = value.startsWith('.') ? '.' : '';
  const host = parseSubjectAltName(`dns:${value.slice(dot.length)}`);
  if (typeof host === 'string' || host.value.startsWith('*'))
    return `"${text}" is no name constraint; write e.g. DNS:example.com, IP:10.0.0.0/8 or email:example.com`;
  if (type === 'dns') return { type, value: host.value };
  return { type: type === 'uri' ? 'url' : 'email', value: dot + host.value };
}

function parseRange(text: string): AltName | string {
  const [address = '', prefix = ''] = text.split('/');
  const most = isIPv4(address) ? 32 : 128;
  const isRange = (isIPv4(address) || isIPv6(address)) && /^\d{1,3}$/.test(prefix) && Number(prefix) <= most;
  if (!isRange) return `"${text}" is no range of IP addresses; write e.g. IP:10.0.0.0/8`;
  return { type: 'ip', value: `${isIPv4(address) ? address : shortestIPv6(address)}/${prefix}` };
}

/** The value of the extension in DER. */
export function encodeConstraints({ permitted, excluded }: NameConstraints): Buffer {
  const subtrees = (number: number, names: readonly AltName[]): Buffer[] =>
    names.length === 0 ? [] : [element(contextTag(number, true), ...names.map((name) => sequence(subtree(name))))];
  return sequence(...subtrees(0, permitted), ...subtrees(1, excluded));
}

function subtree(name: AltName): Buffer {
  if (name.type !== 'ip') return encodeName(name);
  const [address = '', prefix = '0'] = name.value.split('/');
  const octets = ipOctets(address);
  return implicit(7, Buffer.concat([octets, maskOf(octets.length, Number(prefix))]));
}

const maskOf = (length: number, prefix: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, index) => 0xff & ~(0xff >> Math.min(8, Math.max(0, prefix - 8 * index)))));

/**
 * Reads the extension. @returns the constraints, or the sentence that says why they cannot be kept: a kind of name that is
 * not known here must not be passed over, since the extension is critical.
 */
export function decodeConstraints(der: Buffer): NameConstraints | string {
  const found = { permitted: [] as AltName[], excluded: [] as AltName[] };
  for (const group of readChildren(readDer(der)))
    for (const tree of readChildren(group)) {
      const base = readChildren(tree)[0];
      const name = base && decodeSubtree(base);
      if (name === undefined) return 'it limits a kind of name that cannot be checked here';
      found[group.tag === contextTag(0, true) ? 'permitted' : 'excluded'].push(name);
    }
  return found;
}

function decodeSubtree(base: DerValue): AltName | undefined {
  if (base.tag !== contextTag(7, false)) return decodeName(base);
  const half = base.content.length / 2;
  const address = ipText(base.content.subarray(0, half));
  const ones = [...base.content.subarray(half)].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  return address === undefined || !/^1*0*$/.test(ones)
    ? undefined
    : { type: 'ip', value: `${address}/${ones.lastIndexOf('1') + 1}` };
}

/** @returns the first name that stands outside the constraints, or undefined. */
export function outsideConstraints(names: readonly AltName[], limits: NameConstraints): AltName | undefined {
  return names.find((name) => {
    const permitted = limits.permitted.filter(({ type }) => type === name.type);
    const isPermitted = permitted.length === 0 || permitted.some((base) => isInside(name, base.value));
    return !isPermitted || limits.excluded.some((base) => base.type === name.type && isInside(name, base.value));
  });
}

/** The names of a certificate that constraints are about; its common name counts where it is the only DNS name. */
export function constrainedNames(names: readonly AltName[], commonName: string | undefined): readonly AltName[] {
  const isHost = commonName !== undefined && /^[a-z0-9*_-]+(\.[a-z0-9_-]+)+$/i.test(commonName) && !isIPv4(commonName);
  if (!isHost || names.some(({ type }) => type === 'dns')) return names;
  return [...names, { type: 'dns', value: commonName.toLowerCase() }];
}

function isInside({ type, value }: AltName, base: string): boolean {
  if (type === 'ip') return isInRange(value, base);
  if (type === 'dns') return isBelow(value, base.replace(/^\./, ''));
  const host = type === 'email' ? value.slice(value.lastIndexOf('@') + 1) : hostOf(value);
  if (type === 'email' && base.includes('@')) return value.toLowerCase() === base.toLowerCase();
  const isSame = host.toLowerCase() === base.toLowerCase();
  return base.startsWith('.') ? host.toLowerCase().endsWith(base.toLowerCase()) : isSame;
}

const isBelow = (name: string, base: string): boolean => {
  const [one, other] = [name.toLowerCase(), base.toLowerCase()];
  return other === '' || one === other || one.endsWith(`.${other}`);
};

const hostOf = (uri: string): string => /^[a-z][a-z0-9+.-]*:\/\/(?:[^@/?#]*@)?([^:/?#]*)/i.exec(uri)?.[1] ?? '';

function isInRange(address: string, range: string): boolean {
  const [base = '', prefix = '0'] = range.split('/');
  const [one, other] = [ipOctets(address), ipOctets(base)];
  const mask = maskOf(other.length, Number(prefix));
  return (
    one.length === other.length &&
    one.every((octet, index) => (octet & mask[index]!) === (other[index]! & mask[index]!))
  );
}
