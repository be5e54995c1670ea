import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { beginOf, beginsPem, holdsPem, pemBlocks } from './pem-blocks.ts';

/** Bundles of more certificates than this are no CA file of a broker; reading stops there. */
const maxCertificates = 1_000;

/**
 * Reads the certificates of a PEM text; text around the blocks and blocks of other kinds are passed over.
 * @returns at least one certificate, or the sentence that says what is wrong.
 */
export function parseCertificates(text: string): readonly [X509Certificate, ...X509Certificate[]] | string {
  const certificates: X509Certificate[] = [];
  const { blocks, isCutOff } = pemBlocks(text, 'CERTIFICATE');
  for (const pem of blocks) {
    if (certificates.length === maxCertificates) return `holds more than ${maxCertificates} certificates`;
    try {
      certificates.push(new X509Certificate(pem));
    } catch {
      return `holds a damaged certificate (number ${certificates.length + 1} in the file)`;
    }
  }
  if (isCutOff) return `is damaged or cut off (certificate ${certificates.length + 1} has no end)`;
  const [first, ...rest] = certificates;
  if (first !== undefined) return [first, ...rest];
  if (text.trim() === '') return 'is empty';
  if (holdsPem(text, 'PRIVATE KEY')) return 'holds a private key and no certificate';
  return text.charCodeAt(0) === 0x30
    ? 'is in binary (DER) form; convert it with: openssl x509 -inform der -in FILE -out FILE.pem'
    : `holds no certificate in PEM form (${beginOf('CERTIFICATE')})`;
}

/** The certificates of a text that is there and sound; none otherwise. */
export function certificatesIn(text: string | undefined): readonly X509Certificate[] {
  const certificates = text === undefined ? [] : parseCertificates(text);
  return typeof certificates === 'string' ? [] : certificates;
}

/** Reads the private key of a PEM text. @returns the key, or the sentence that says what is wrong; never key material. */
export function parsePrivateKey(text: string): KeyObject | string {
  if (text.trim() === '') return 'is empty';
  if (!holdsPem(text, 'PRIVATE KEY'))
    return beginsPem(text, 'CERTIFICATE')
      ? 'holds a certificate and no private key'
      : `holds no private key in PEM form (${beginOf('PRIVATE KEY')})`;
  if (isEncryptedKey(text))
    return 'is protected by a passphrase; remove it with: openssl pkey -in FILE -out FILE.plain';
  try {
    return createPrivateKey(text);
  } catch {
    return 'is damaged or cut off';
  }
}

/** Each certificate once, in the order of the first. */
export const distinctCertificates = (certificates: readonly X509Certificate[]): readonly X509Certificate[] => [
  ...new Map(certificates.map((certificate) => [certificate.fingerprint256, certificate])).values(),
];

/** Whether a private key needs a passphrase to be read. */
export const isEncryptedKey = (text: string): boolean =>
  beginsPem(text, 'ENCRYPTED PRIVATE KEY') || /^Proc-Type: 4,ENCRYPTED/m.test(text);

/** The certificates as PEM again, without the text around them. */
export const certificatesPem = (certificates: readonly X509Certificate[]): string =>
  certificates.map((certificate) => certificate.toString()).join('');
