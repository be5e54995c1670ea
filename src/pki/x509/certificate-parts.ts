import type { X509Certificate } from 'node:crypto';
import { contextTag, type DerValue, directoryText, expectTag, oidText, readChildren, readDer, tags } from './der.ts';
import { readSigned, type Signed } from './signatures.ts';

/** Object identifiers of the extensions that are looked at here (RFC 5280 4.2, 5.2, 5.3). */
export const extensionIds = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  altName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  crlReason: '2.5.29.21',
  issuingDistributionPoint: '2.5.29.28',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;

export interface ExtensionValue {
  readonly isCritical: boolean;
  /** The DER inside the octet string. */
  readonly value: Buffer;
}

/** What of a certificate Node does not tell. */
export interface CertificateParts {
  readonly signed: Signed;
  readonly issuer: DerValue;
  readonly subject: DerValue;
  readonly publicKey: DerValue;
  readonly extensions: ReadonlyMap<string, ExtensionValue>;
}

/** @throws RangeError where the certificate is not built as RFC 5280 4.1 says. */
export function partsOf(certificate: X509Certificate): CertificateParts {
  const signed = readSigned(certificate.raw);
  const all = readChildren(signed.content);
  const fields = all[0]?.tag === contextTag(0, true) ? all.slice(1) : all;
  const [, , issuer, , subject, publicKey, ...rest] = fields;
  const extensions = rest.find(({ tag }) => tag === contextTag(3, true));
  return {
    signed,
    issuer: expectTag(issuer, tags.sequence, 'the issuer'),
    subject: expectTag(subject, tags.sequence, 'the subject'),
    publicKey: expectTag(publicKey, tags.sequence, 'the public key'),
    extensions: extensions === undefined ? new Map() : readExtensions(readChildren(extensions)[0]),
  };
}

/** @param list the SEQUENCE OF Extension. @throws RangeError where one is malformed or stands there twice. */
export function readExtensions(list: DerValue | undefined): ReadonlyMap<string, ExtensionValue> {
  const extensions = new Map<string, ExtensionValue>();
  for (const extension of readChildren(expectTag(list, tags.sequence, 'the list of extensions'))) {
    const [id, ...rest] = readChildren(extension);
    const name = oidText(expectTag(id, tags.oid, 'the identifier of an extension'));
    if (extensions.has(name)) throw new RangeError(`the extension ${name} stands there twice`);
    const value = expectTag(rest.at(-1), tags.octets, 'the value of an extension').content;
    extensions.set(name, { isCritical: rest.length > 1 && rest[0]?.content[0] === 0xff, value });
  }
  return extensions;
}

/** What has a critical extension that is not understood says nothing here (RFC 5280 4.2, 5.2). @throws RangeError. */
export function refuseCritical(extensions: ReadonlyMap<string, ExtensionValue>, known: ReadonlySet<string>): void {
  for (const [id, { isCritical }] of extensions)
    if (isCritical && !known.has(id)) throw new RangeError(`the critical extension ${id} is not understood`);
}

/** A serial number as Node writes it: upper-case hex of whole octets. */
export const serialHex = ({ content }: DerValue): string =>
  content
    .toString('hex')
    .toUpperCase()
    .replace(/^(?:00)+(?=..)/, '');

/** The subject key identifier (RFC 5280 4.2.1.2) as hex. */
export function subjectKeyId({ extensions }: Pick<CertificateParts, 'extensions'>): string | undefined {
  const extension = extensions.get(extensionIds.subjectKeyId);
  return extension && readDer(extension.value).content.toString('hex');
}

/** The key identifier inside an authority key identifier (RFC 5280 4.2.1.1) as hex. */
export function authorityKeyId({ extensions }: Pick<CertificateParts, 'extensions'>): string | undefined {
  const extension = extensions.get(extensionIds.authorityKeyId);
  if (extension === undefined) return undefined;
  const id = readChildren(readDer(extension.value)).find(({ tag }) => tag === contextTag(0, false));
  return id?.content.toString('hex');
}

/** RFC 5280 4.2.1.3: without the extension a key may be used for everything. */
const usageBit = ({ extensions }: Pick<CertificateParts, 'extensions'>, mask: number): boolean => {
  const usage = extensions.get(extensionIds.keyUsage);
  return usage === undefined || ((readDer(usage.value).content[1] ?? 0) & mask) !== 0;
};

/** Whether it says CA:TRUE (RFC 5280 4.2.1.9). What Node tells is false as well where the key usage forbids issuing. */
export function hasCaFlag({ extensions }: Pick<CertificateParts, 'extensions'>): boolean {
  const constraints = extensions.get(extensionIds.basicConstraints);
  const first = constraints && readChildren(readDer(constraints.value))[0];
  return first?.tag === tags.boolean && first.content[0] !== 0;
}

/** Whether the key usage allows keyCertSign. */
export const maySignCertificates = (parts: Pick<CertificateParts, 'extensions'>): boolean => usageBit(parts, 0x04);
/** Whether the key usage allows cRLSign. */
export const maySignCrls = (parts: Pick<CertificateParts, 'extensions'>): boolean => usageBit(parts, 0x02);

/** Whether the extended key usage names this purpose; no without the extension (RFC 5280 4.2.1.12). @param use dotted. */
export function hasExtendedUse({ extensions }: Pick<CertificateParts, 'extensions'>, use: string): boolean {
  const uses = extensions.get(extensionIds.extendedKeyUsage);
  return uses !== undefined && readChildren(readDer(uses.value)).some((one) => oidText(one) === use);
}

/** Attributes of a name as pairs of identifier and text, in the order of the encoding. */
export function readName(name: DerValue): readonly (readonly [id: string, text: string])[] {
  return readChildren(name)
    .flatMap((set) => readChildren(set))
    .map((attribute) => {
      const [id, value] = readChildren(attribute);
      const type = oidText(expectTag(id, tags.oid, 'the kind of a name part'));
      return [type, value === undefined ? '' : (directoryText(value) ?? value.content.toString('hex'))] as const;
    });
}

/** Two names are the same when these are: case and runs of spaces do not count (RFC 5280 7.1). */
export const nameKey = (name: DerValue): string =>
  JSON.stringify(readName(name).map(([id, text]) => [id, text.trim().replace(/\s+/g, ' ').toLowerCase()]));
