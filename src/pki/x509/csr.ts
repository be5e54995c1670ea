import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { certificateName } from './certificate-name.ts';
import { type ExtensionValue, extensionIds, readExtensions } from './certificate-parts.ts';
import { contextTag, type DerValue, expectTag, oidText, readChildren, readDer, tags } from './der.ts';
import { bits, element, explicit, integer, octets, oid, sequence, set } from './der-write.ts';
import { decodeName, encodeName } from './general-name.ts';
import type { AltName, SubjectName } from './names.ts';
import { beginOf, beginsPem, derOfPem, holdsPem, pemBlocks, pemOf } from './pem-blocks.ts';
import { isSignedBy, readSigned, type Signed, signerOf } from './signatures.ts';

/** Larger requests are refused unread; one with 100 names has about 5 KiB. */
const maxCsrBytes = 65_536;

const ids = { commonName: '2.5.4.3', organization: '2.5.4.10', extensionRequest: '1.2.840.113549.1.9.14' } as const;
/** RFC 5280 4.2.1.12, the last part of id-kp. */
const uses = { serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2' } as const;

/** What a certificate signing request (RFC 2986) asks for. Nothing of it is true yet. */
export interface CsrFacts {
  /** Undefined where there is none or several. */
  readonly commonName: string | undefined;
  readonly organization: string | undefined;
  readonly publicKey: KeyObject;
  /** Names of kinds that no certificate made here carries are undefined. */
  readonly altNames: readonly (AltName | undefined)[];
  readonly asksForCa: boolean;
  /** Extended uses that it asks for; undefined where it says nothing of them. */
  readonly extendedUses: readonly string[] | undefined;
  readonly signed: Signed;
}

/** Reads a request in PEM or DER. @returns what it says, or the sentence that says what is wrong with it. */
export function readCsr(bytes: Buffer): CsrFacts | string {
  if (bytes.length > maxCsrBytes)
    return `has ${bytes.length} bytes, and at most ${maxCsrBytes} are read; ask for fewer names`;
  const der = derOf(bytes);
  if (typeof der === 'string') return der;
  try {
    return factsOf(readSigned(der));
  } catch (cause) {
    return `is no certificate signing request, or is damaged (${cause instanceof Error ? cause.message : 'unreadable'})`;
  }
}

/** The second is what older programs write (RFC 7468 7). */
const requestLabels = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'] as const;

function derOf(bytes: Buffer): Buffer | string {
  if (bytes.length === 0) return 'is empty';
  if (bytes[0] === tags.sequence) return bytes;
  const text = bytes.toString('latin1');
  const found = requestLabels.map((label) => pemBlocks(text, label));
  const block = found.flatMap(({ blocks }) => blocks)[0];
  if (block !== undefined) return derOfPem(block);
  if (found.some(({ isCutOff }) => isCutOff)) return 'is cut off (the request has no end)';
  if (holdsPem(text, 'PRIVATE KEY')) return 'holds a private key; a request is signed, the key stays where it is';
  if (beginsPem(text, 'CERTIFICATE')) return 'holds a certificate and no request';
  return `holds no request in PEM form (${beginOf('CERTIFICATE REQUEST')})`;
}

function factsOf(signed: Signed): CsrFacts {
  const [version, subject, publicKey, attributes] = readChildren(signed.content);
  expectTag(version, tags.integer, 'the version');
  const extensions = requestedExtensions(attributes);
  const spki = expectTag(publicKey, tags.sequence, 'the public key').raw;
  return {
    ...certificateName(expectTag(subject, tags.sequence, 'the subject')),
    publicKey: createPublicKey({ key: spki, format: 'der', type: 'spki' }),
    altNames: childrenOf(extensions.get(extensionIds.altName)).map(decodeName),
    asksForCa: isTrue(childrenOf(extensions.get(extensionIds.basicConstraints))[0]),
    extendedUses: extensions.has(extensionIds.extendedKeyUsage)
      ? childrenOf(extensions.get(extensionIds.extendedKeyUsage)).map(oidText)
      : undefined,
    signed,
  };
}

const childrenOf = (extension: ExtensionValue | undefined): DerValue[] =>
  extension === undefined ? [] : readChildren(readDer(extension.value));

/** Anything but 0 is true in BER, which some programs write. */
const isTrue = (value: DerValue | undefined): boolean => value?.tag === tags.boolean && value.content[0] !== 0;

function requestedExtensions(attributes: DerValue | undefined): ReadonlyMap<string, ExtensionValue> {
  if (attributes?.tag !== contextTag(0, true)) return new Map();
  const lists = readChildren(attributes).flatMap((attribute) => {
    const [id, values] = readChildren(attribute);
    const isRequest = oidText(expectTag(id, tags.oid, 'the kind of an attribute')) === ids.extensionRequest;
    return isRequest ? readChildren(expectTag(values, tags.set, 'the value of an attribute')) : [];
  });
  if (lists.length > 1) throw new RangeError('it asks for extensions twice');
  return lists.length === 0 ? new Map() : readExtensions(lists[0]);
}

/** Whether whoever made the request has the private key (RFC 2986 4.2). */
export const provesPossession = ({ signed, publicKey }: CsrFacts): boolean => isSignedBy(signed, publicKey);

export interface CsrRequest {
  readonly subject: SubjectName;
  readonly altNames?: readonly AltName[];
  /** Asks for a CA. */
  readonly isCa?: boolean;
  readonly extendedUses?: readonly (keyof typeof uses)[];
  /** PEM of the private key. */
  readonly key: string;
}

/** Makes a request for a key. @returns PEM. */
export function createCsr({ subject, altNames = [], isCa = false, extendedUses = [], key }: CsrRequest): string {
  const extension = (id: string, value: Buffer): Buffer => sequence(oid(id), octets(value));
  const extensions = [
    ...(isCa ? [extension(extensionIds.basicConstraints, sequence(element(tags.boolean, Buffer.from([0xff]))))] : []),
    ...(extendedUses.length === 0
      ? []
      : [extension(extensionIds.extendedKeyUsage, sequence(...extendedUses.map((use) => oid(uses[use]))))]),
    ...(altNames.length === 0 ? [] : [extension(extensionIds.altName, sequence(...altNames.map(encodeName)))]),
  ];
  const attributes = extensions.length === 0 ? [] : [sequence(oid(ids.extensionRequest), set(sequence(...extensions)))];
  const spki = createPublicKey(createPrivateKey(key)).export({ type: 'spki', format: 'der' });
  const content = sequence(integer(0), nameDer(subject), spki, explicit(0, ...attributes));
  const { algorithm, sign } = signerOf(key);
  return pemOf('CERTIFICATE REQUEST', sequence(content, algorithm, bits(sign(content))));
}

function nameDer({ commonName, organization }: SubjectName): Buffer {
  const part = (id: string, text: string): Buffer => set(sequence(oid(id), element(tags.utf8, Buffer.from(text))));
  return sequence(
    ...(organization === undefined ? [] : [part(ids.organization, organization)]),
    part(ids.commonName, commonName),
  );
}
