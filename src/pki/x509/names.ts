import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';

/** One entry of the subject alternative name extension (RFC 5280 4.2.1.6). */
export interface AltName {
  readonly type: 'dns' | 'ip' | 'email' | 'url';
  /** A DNS name in lower case and its ASCII form, an IPv6 address in its shortest form; the others as they are given. */
  readonly value: string;
}

/** Who a certificate is for. The organization is encoded first, as directories do. */
export interface SubjectName {
  /** 1 to 64 characters (RFC 5280 A.1, ub-common-name). */
  readonly commonName: string;
  readonly organization?: string;
}

/** Letters of any script, digits and what joins them; the URL rules of `domainToASCII` would cut off or decode the rest. */
const hostCharacters = /^[\p{L}\p{M}\p{N}._-]+$/u;
const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;

/**
 * Parses a DNS name or IP address; a wildcard may stand as the whole first label (RFC 6125 6.4.3), and names in other
 * scripts are turned into their ASCII form.
 * @returns the name, or the sentence that says what is wrong.
 */
export function parseAltName(text: string): AltName | string {
  const plain = text.trim();
  if (isIPv4(plain)) return { type: 'ip', value: plain };
  if (isIPv6(plain) && !plain.includes('%')) return { type: 'ip', value: shortestIPv6(plain) };
  const wildcard = plain.startsWith('*.') ? '*.' : '';
  const host = plain.slice(wildcard.length);
  const ascii = hostCharacters.test(host) ? domainToASCII(host).toLowerCase().replace(/\.$/, '') : '';
  const value = wildcard + ascii;
  const labels = ascii.split('.');
  const isName = labels.every((part) => label.test(part)) && !isIPv4(ascii); // "1" would become 0.0.0.1
  if (!isName || value.length > 253 || (wildcard !== '' && labels.length < 2))
    return `"${text}" is neither a DNS name nor an IP address; write e.g. broker.example.com, *.example.com or 192.0.2.7`;
  return { type: 'dns', value };
}

/**
 * Parses any name that a client certificate may carry: `DNS:pump-7.example.com`, `IP:192.0.2.7`, `email:ops@example.com`,
 * `URI:urn:device:7`, or one of them without its prefix.
 * @returns the name, or the sentence that says what is wrong.
 */
export function parseSubjectAltName(text: string): AltName | string {
  const [, prefix = '', rest = ''] = /^(?:(dns|ip|email|uri):)?(.*)$/is.exec(text.trim()) ?? [];
  const kind = prefix.toLowerCase();
  if (kind === 'uri' || (kind === '' && /^[a-z][a-z0-9+.-]*:\S/i.test(rest) && !isIPv6(rest)))
    return plainName('url', rest);
  if (kind === 'email' || (kind === '' && rest.includes('@'))) return plainName('email', rest);
  const name = parseAltName(rest);
  if (typeof name === 'string' || kind === '' || kind === name.type) return name;
  return `"${rest}" is no ${kind === 'ip' ? 'IP address' : 'DNS name'}; it would be written as ${name.type.toUpperCase()}:${rest}`;
}

/** RFC 5280 4.2.1.6: an address or URI is printable ASCII. */
function plainName(type: 'email' | 'url', value: string): AltName | string {
  const pattern = type === 'email' ? /^[!-?A-~]{1,64}@[!-?A-~]{1,253}$/ : /^[a-z][a-z0-9+.-]*:[!-~]+$/i;
  if (pattern.test(value) && value.length <= 512) return { type, value };
  const [what, example] = type === 'email' ? ['e-mail address', 'ops@example.com'] : ['URI', 'urn:device:7'];
  return `"${value.slice(0, 80)}" is no ${what} of printable ASCII with at most 512 characters; write e.g. ${example}`;
}

/** The address as a URL writes it: `0:0:0:0:0:0:0:1` is `::1`. */
export const shortestIPv6 = (address: string): string => new URL(`http://[${address}]`).hostname.slice(1, -1);

/**
 * The names of a server certificate made here: localhost, the host name, 127.0.0.1, ::1 and what is asked for, each once.
 * A host name that no certificate can carry is left out.
 * @param names already checked by the configuration; those that are malformed are left out too.
 */
export function serverAltNames(hostname: string, names: readonly string[]): readonly AltName[] {
  const unique = new Map<string, AltName>();
  for (const text of ['localhost', hostname, '127.0.0.1', '::1', ...names]) {
    const name = parseAltName(text);
    if (typeof name !== 'string') unique.set(`${name.type}:${name.value}`, name);
  }
  return [...unique.values()];
}

/** The common name of a server certificate made here: the host name where it can be one, else `localhost`. */
export function serverCommonName(hostname: string): string {
  const name = parseAltName(hostname);
  return typeof name !== 'string' && name.value.length <= 64 ? name.value : 'localhost';
}
