import { X509Certificate } from 'node:crypto';
import { contextTag, expectTag, oidText, readChildren, readDer, tags } from '../pki/x509/der.ts';
import { element, explicit, integer, oid, sequence, set } from '../pki/x509/der-write.ts';

/** RFC 2315 14: data, signedData. */
const ids = { data: '1.2.840.113549.1.7.1', signedData: '1.2.840.113549.1.7.2' } as const;
const certificatesTag = contextTag(0, true);

/** A message that carries certificates and signs nothing: certs-only (RFC 5272 4.1, RFC 8551 3.8). @returns DER. */
export function certsOnly(certificates: readonly X509Certificate[]): Buffer {
  const sorted = certificates.map(({ raw }) => raw).sort((a, b) => a.compare(b)); // a SET OF in DER, X.690 11.6
  const signedData = sequence(
    integer(1),
    set(),
    sequence(oid(ids.data)),
    element(certificatesTag, Buffer.concat(sorted)),
    set(),
  );
  return sequence(oid(ids.signedData), explicit(0, signedData));
}

/** More certificates are no answer of a CA. */
const maxCertificates = 100;

/** Reads such a message. @returns its certificates, or the sentence that says what is wrong with it. */
export function readCertsOnly(der: Buffer): readonly X509Certificate[] | string {
  try {
    const [id, wrapped] = readChildren(expectTag(readDer(der), tags.sequence, 'the message'));
    if (oidText(expectTag(id, tags.oid, 'the kind of the message')) !== ids.signedData)
      return 'is no signed-data message';
    const [signedData] = readChildren(expectTag(wrapped, contextTag(0, true), 'the content'));
    const parts = readChildren(expectTag(signedData, tags.sequence, 'the content'));
    const bundle = parts.find(({ tag }) => tag === certificatesTag);
    const found = bundle === undefined ? [] : readChildren(bundle);
    if (found.length > maxCertificates)
      return `holds ${found.length} certificates; at most ${maxCertificates} are read`;
    return found.map(({ raw }) => new X509Certificate(raw));
  } catch (cause) {
    return `is no PKCS#7 message, or is damaged (${cause instanceof Error ? cause.message : 'unreadable'})`;
  }
}

/** Base64 in lines of 76 characters, as RFC 7030 bodies are; with the line ends that every `base64 -d` reads (RFC 8951 3). */
export const base64Lines = (bytes: Buffer): string => `${bytes.toString('base64').replace(/(.{76})(?=.)/g, '$1\n')}\n`;

/** Reads base64 with line ends. @returns undefined where there is anything else in it. */
export function readBase64(text: string): Buffer | undefined {
  const plain = text.replace(/\s+/g, '');
  const isBase64 = plain.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(plain);
  return isBase64 ? Buffer.from(plain, 'base64') : undefined;
}
