import type { PeerCertificate } from 'node:tls';
import { isPrintable, printable } from '../../kernel/printable.ts';

/** Each kind of part with its value, or its values where it stands there several times; in the order of the certificate. */
type NodeName = PeerCertificate['subject'];

/**
 * A distinguished name as one line, most specific part first (RFC 4514): `CN=client-demo, O=Viaduct`. The order of a
 * certificate begins with the least specific part, except where whoever issued it wrote the common name first.
 */
export function nameLine(name: NodeName): string {
  const parts = Object.entries(name).flatMap(([kind, values]) =>
    (Array.isArray(values) ? values : [values]).map((value) => `${kind}=${escapeValue(String(value))}`),
  );
  return printable((parts[0]?.startsWith('CN=') === true ? parts : parts.toReversed()).join(', '));
}

/**
 * The common name, to identify a client by.
 * @returns undefined where there is none, several, or one with control characters: no name is better than a wrong one.
 */
export function commonNameOf({ CN: value }: NodeName): string | undefined {
  return typeof value !== 'string' || value === '' || !isPrintable(value) ? undefined : value;
}

/** RFC 4514 2.4; control characters are escaped with all the rest by `printable`. */
const escapeValue = (value: string): string => value.replace(/[,+"\\<>;]|^[ #]| $/g, String.raw`\$&`);
