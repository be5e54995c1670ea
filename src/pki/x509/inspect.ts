import type { X509Certificate } from 'node:crypto';
import { shortestIPv6 } from './names.ts';

const oids = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  any: '2.5.29.37.0',
} as const;

/** What logs, checks and people want to know of a certificate. */
export interface CertificateFacts {
  /** One line, most specific part first (RFC 4514): `CN=client-demo, O=Viaduct`. Control characters are escaped. */
  readonly subject: string;
  readonly issuer: string;
  /** As it is, not escaped; undefined where there is none or several. */
  readonly commonName: string | undefined;
  /** Upper-case hex. */
  readonly serialNumber: string;
  /** SHA-256, lower-case hex without colons. */
  readonly fingerprint256: string;
  /** DNS names and IP addresses of the subject alternative name. */
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
  readonly isCa: boolean;
  /** Subject and issuer are the same: a root, or a self-signed certificate. */
  readonly isSelfIssued: boolean;
  /** `EC P-256`, `RSA 2048`, `Ed25519`, ... */
  readonly keyType: string;
  /** Whether it may authenticate a TLS server, a TLS client (RFC 5280 4.2.1.12). */
  readonly allows: { readonly serverAuth: boolean; readonly clientAuth: boolean };
}

export function describeX509(certificate: X509Certificate): CertificateFacts {
  const commonName: unknown = certificate.toLegacyObject().subject?.CN;
  return {
    subject: nameLine(certificate.subject),
    issuer: nameLine(certificate.issuer),
    commonName: typeof commonName === 'string' ? commonName : undefined,
    serialNumber: certificate.serialNumber,
    fingerprint256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    names: altNames(certificate.subjectAltName),
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
    isCa: certificate.ca,
    isSelfIssued: certificate.subject === certificate.issuer,
    keyType: keyType(certificate),
    allows: { serverAuth: allows(certificate, 'serverAuth'), clientAuth: allows(certificate, 'clientAuth') },
  };
}

/**
 * Node gives one part a line, in the order of the encoding, with special characters escaped as RFC 4514 2.4 asks.
 * An empty name, allowed where the alternative name stands for it, is undefined, which its types do not say.
 */
const nameLine = (name: string | undefined): string => (name ?? '').split('\n').toReversed().join(', ');

/** Node writes `DNS:a, IP Address:0:0:0:0:0:0:0:1`, and quotes a value as JSON where it holds special characters. */
function altNames(text: string | undefined): readonly string[] {
  const entries = (text ?? '').matchAll(/(?:^|, )(DNS|IP Address):("(?:[^"\\]|\\.)*"|[^,]*)/g);
  return Array.from(entries, ([, kind, value = '']) => {
    const plain = value.startsWith('"') ? String(JSON.parse(value)) : value;
    return kind === 'IP Address' && plain.includes(':') ? shortestIPv6(plain) : plain;
  });
}

const curveNames: ReadonlyMap<string, string> = new Map([
  ['prime256v1', 'P-256'],
  ['secp384r1', 'P-384'],
  ['secp521r1', 'P-521'],
]);

function keyType({ publicKey }: X509Certificate): string {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKey;
  const curve = details?.namedCurve;
  if (curve !== undefined) return `EC ${curveNames.get(curve) ?? curve}`;
  if (details?.modulusLength !== undefined) return `${type?.toUpperCase()} ${details.modulusLength}`;
  return type === undefined ? 'unknown' : type.charAt(0).toUpperCase() + type.slice(1);
}

function allows(certificate: X509Certificate, use: 'serverAuth' | 'clientAuth'): boolean {
  const uses: readonly string[] | undefined = certificate.keyUsage; // Node calls the extended key usage so
  return uses === undefined || uses.includes(oids[use]) || uses.includes(oids.any);
}
