import { isPrintable } from '../kernel/printable.ts';
import type { AltName } from '../pki/x509/names.ts';

/** More wildcards make matching slow and say nothing more. */
const maxWildcards = 4;

/** What keeps a text from being a pattern of names, as a sentence, or undefined. */
export function patternProblem(text: string): string | undefined {
  if (text === '' || text.length > 256) return `a pattern has 1 to 256 characters, not ${text.length}`;
  if (!isPrintable(text)) return 'a pattern holds no control characters';
  const wildcards = text.split('*').length - 1;
  return wildcards > maxWildcards
    ? `"${text}" has ${wildcards} times *; at most ${maxWildcards} are allowed`
    : undefined;
}

/** Whether a name fits a pattern, in which each `*` stands for any characters, none included. */
export function fitsPattern(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === name;
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last)) return false;
  const end = name.length - last.length;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

const prefixes = { dns: 'dns:', ip: 'ip:', email: 'email:', url: 'uri:' } as const;

/** The same for an alternative name: `DNS:*.example.com`, `IP:…`, `email:…`, `URI:…`; without a kind it is a DNS name. */
export function fitsNamePattern(pattern: string, { type, value }: AltName): boolean {
  const [, kind = 'dns:', rest = ''] = /^(dns:|ip:|email:|uri:)?(.*)$/is.exec(pattern) ?? [];
  if (kind.toLowerCase() !== prefixes[type]) return false;
  return type === 'dns' ? fitsPattern(rest.toLowerCase(), value.toLowerCase()) : fitsPattern(rest, value);
}
