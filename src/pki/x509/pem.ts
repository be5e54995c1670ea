import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

/** Bundles of more certificates than this are no CA file of a broker; reading stops there. */
const maxCertificates = 1_000;

const block = /-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END \1-----/g;

/**
 * Reads the certificates of a PEM text; text around the blocks and blocks of other kinds are passed over.
 * @returns at least one certificate, or the sentence that says what is wrong.
 */
export function parseCertificates(text: string): readonly [X509Certificate, ...X509Certificate[]] | string {
  const certificates: X509Certificate[] = [];
  for (const [pem, label] of text.matchAll(block)) {
    if (label !== 'CERTIFICATE') continue;
    if (certificates.length === maxCertificates) return `holds more than ${maxCertificates} certificates`;
    try {
      certificates.push(new X509Certificate(pem));
    } catch {
      return `holds a damaged certificate (number ${certificates.length + 1} in the file)`;
    }
  }
  const begun = text.split('-----BEGIN CERTIFICATE-----').length - 1;
  if (begun > certificates.length) return `is damaged or cut off (certificate ${certificates.length + 1} has no end)`;
  const [first, ...rest] = certificates;
  if (first !== undefined) return [first, ...rest];
  if (text.trim() === '') return 'is empty';
  if (text.includes('PRIVATE KEY-----')) return 'holds a private key and no certificate';
  return text.charCodeAt(0) === 0x30
    ? 'is in binary (DER) form; convert it with: openssl x509 -inform der -in FILE -out FILE.pem'
    : 'holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)';
}

/** The certificates of a text that is there and sound; none otherwise. */
export function certificatesIn(text: string | undefined): readonly X509Certificate[] {
  const certificates = text === undefined ? [] : parseCertificates(text);
  return typeof certificates === 'string' ? [] : certificates;
}

/** Reads the private key of a PEM text. @returns the key, or the sentence that says what is wrong; never key material. */
export function parsePrivateKey(text: string): KeyObject | string {
  if (text.trim() === '') return 'is empty';
  if (!text.includes('PRIVATE KEY-----'))
    return text.includes('-----BEGIN CERTIFICATE-----')
      ? 'holds a certificate and no private key'
      : 'holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)';
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
  /-----BEGIN ENCRYPTED PRIVATE KEY-{5}|^Proc-Type: 4,ENCRYPTED/m.test(text);

/** The certificates as PEM again, without the text around them. */
export const certificatesPem = (certificates: readonly X509Certificate[]): string =>
  certificates.map((certificate) => certificate.toString()).join('');
