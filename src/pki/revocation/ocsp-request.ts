import { createHash, type X509Certificate } from 'node:crypto';
import { partsOf } from '../x509/certificate-parts.ts';
import { type DerValue, expectTag, readChildren, tags } from '../x509/der.ts';
import { derNull, integer, octets, oid, sequence } from '../x509/der-write.ts';

const sha1 = '1.3.14.3.2.26';

/** How a CertID hashes (RFC 6960 4.1.1): Node's name by the dotted identifier. */
export const certIdHashes: ReadonlyMap<string, string> = new Map([
  [sha1, 'sha1'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
]);

/** A certificate and the CA that issued it. */
export interface CertificateWithIssuer {
  readonly certificate: X509Certificate;
  readonly issuer: X509Certificate;
}

/**
 * The responder a certificate names (RFC 5280 4.2.2.1).
 * @returns the first address of it that a web client can ask, or undefined.
 */
export function ocspResponder({ infoAccess }: Pick<X509Certificate, 'infoAccess'>): string | undefined {
  for (const line of infoAccess?.split('\n') ?? []) {
    const text = /^OCSP - URI:(.+)$/.exec(line)?.[1] ?? '';
    // what stands in quotes there holds characters that no address has
    if (/^https?:\/\//i.test(text) && URL.canParse(text)) return text;
  }
  return undefined;
}

/** Name and key of an issuer as a CertID has them (RFC 6960 4.1.1). @param hash of `certIdHashes`. */
export function issuerHashes(
  { certificate, issuer }: CertificateWithIssuer,
  hash: string,
): { name: Buffer; key: Buffer } {
  const digest = (bytes: Buffer): Buffer => createHash(hash).update(bytes).digest();
  const [, key] = readChildren(partsOf(issuer).publicKey);
  return {
    name: digest(partsOf(certificate).issuer.raw),
    key: digest(bitsOf(expectTag(key, tags.bits, 'the public key'))), // without the count of unused bits
  };
}

const bitsOf = ({ content }: DerValue): Buffer => content.subarray(1);

/** Asks for the state of one certificate, as every responder understands it (RFC 5019 2.1). @returns DER. */
export function createOcspRequest(issued: CertificateWithIssuer): Buffer {
  const { name, key } = issuerHashes(issued, 'sha1');
  const certId = sequence(
    sequence(oid(sha1), derNull()),
    octets(name),
    octets(key),
    integer(issued.certificate.serialNumber),
  );
  return sequence(sequence(sequence(sequence(certId))));
}
