import type { X509Certificate } from 'node:crypto';
import type { CertificateNames } from '../../broker/ports.ts';

/** Reads the names of a certificate; of none, or where they cannot be read without doubt, they are empty. */
export function certificateNames(
  certificate: Pick<X509Certificate, 'subject' | 'subjectAltName'> | undefined,
): CertificateNames {
  const subject = subjectParts(certificate?.subject);
  const altNames = altNameEntries(certificate?.subjectAltName);
  const of = (entries: readonly Entry[], kind: string): string[] =>
    entries.filter((entry) => entry.kind === kind).map(({ value }) => value);
  return {
    commonNames: of(subject, 'CN'),
    organizations: of(subject, 'O'),
    organizationalUnits: of(subject, 'OU'),
    dnsNames: of(altNames, 'DNS'),
    emails: of(altNames, 'email'),
    uris: of(altNames, 'URI'),
  };
}

/** What a server certificate is for, as a client asks for it: DNS names and IP addresses. (RFC 9110 4.3.4) */
export const certificateHosts = ({ subjectAltName }: Pick<X509Certificate, 'subjectAltName'>): string[] =>
  altNameEntries(subjectAltName).flatMap(({ kind, value }) =>
    kind === 'DNS' || kind === 'IP Address' ? [value.toLowerCase()] : [],
  );

interface Entry {
  readonly kind: string;
  readonly value: string;
}

/** Node gives one part a line; a part of several values is joined by " + ", and within a value the plus is escaped. */
function subjectParts(subject: string | undefined): Entry[] {
  return (subject ?? '').split(/\n| \+ /).flatMap((part) => {
    const equals = part.indexOf('=');
    return equals < 1 ? [] : [{ kind: part.slice(0, equals), value: unescapeName(part.slice(equals + 1)) }];
  });
}

/** Takes back the escapes of RFC 4514 2.4. */
const unescapeName = (value: string): string =>
  value.replace(/\\(?:([0-9A-Fa-f]{2})|(.))/gsu, (_, hex: string | undefined, character: string | undefined) =>
    hex === undefined ? (character ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
  );

/**
 * Node writes `DNS:a, URI:"b\u002cc"`: a value with a comma, a quote or a control character is a JSON string without
 * commas, so that none can pass for several (CVE-2021-44532). Whatever does not read as that spoils the whole list.
 */
function altNameEntries(text: string | undefined): Entry[] {
  if (text === undefined) return [];
  const entries = text.split(', ').map(altNameEntry);
  return entries.every((entry) => entry !== undefined) ? entries : [];
}

function altNameEntry(text: string): Entry | undefined {
  const match = /^([A-Za-z ]+):(?:("[^]*")|([^",]*))$/.exec(text);
  if (match === null) return undefined;
  const [, kind = '', quoted, plain = ''] = match;
  if (quoted === undefined) return { kind, value: plain };
  try {
    const value: unknown = JSON.parse(quoted);
    return typeof value === 'string' ? { kind, value } : undefined;
  } catch {
    return undefined; // not what Node writes today
  }
}
