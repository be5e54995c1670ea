import type { X509Certificate } from 'node:crypto';
import { isoTime } from '../../kernel/clock.ts';
import { printable } from '../../kernel/printable.ts';
import {
  authorityKeyId,
  type ExtensionValue,
  extensionIds,
  nameKey,
  partsOf,
  readExtensions,
  readName,
  refuseCritical,
  serialHex,
  subjectKeyId,
} from '../x509/certificate-parts.ts';
import { contextTag, type DerValue, expectTag, readChildren, readDer, tags, timeMs } from '../x509/der.ts';
import { describeX509 } from '../x509/inspect.ts';
import { beginOf, derOfPem, pemBlocks, pemOf } from '../x509/pem-blocks.ts';
import { isSignedBy, readSigned, type Signed, signatureProblem } from '../x509/signatures.ts';
import { type RevocationReason, reasonOfCode } from './reasons.ts';

/** A revocation list (RFC 5280 5), read and not yet believed. */
export interface Crl {
  /** One line for people. */
  readonly issuer: string;
  /** Equal for equal names. */
  readonly issuerKey: string;
  /** Hex; which key of the issuer signed it. */
  readonly authorityKeyId: string | undefined;
  readonly number: bigint | undefined;
  /** Milliseconds since the epoch. */
  readonly thisUpdate: number;
  /** Milliseconds since the epoch; undefined where it does not say. */
  readonly nextUpdate: number | undefined;
  /** By serial number in upper-case hex. */
  readonly revoked: ReadonlyMap<string, { readonly at: number; readonly reason: RevocationReason }>;
  readonly signed: Signed;
  /** As TLS libraries take it. */
  readonly pem: string;
}

/** More lists in one file are refused. */
const maxLists = 100;

/** Reads all lists of a file in PEM or DER. @returns them, or the sentence that says what is wrong with the file. */
export function readCrls(bytes: Buffer): readonly Crl[] | string {
  if (bytes.length === 0) return 'is empty';
  const ders = bytes[0] === tags.sequence ? [bytes] : dersOf(bytes.toString('latin1'));
  if (typeof ders === 'string') return ders;
  try {
    return ders.map(readCrl);
  } catch (cause) {
    return `is no revocation list, or is damaged (${cause instanceof Error ? cause.message : 'unreadable'})`;
  }
}

function dersOf(text: string): readonly Buffer[] | string {
  const { blocks, isCutOff } = pemBlocks(text, 'X509 CRL');
  if (isCutOff) return 'is cut off (a revocation list has no end)';
  if (blocks.length === 0) return `holds no revocation list in PEM form (${beginOf('X509 CRL')})`;
  return blocks.length > maxLists
    ? `holds ${blocks.length} revocation lists; at most ${maxLists} are read`
    : blocks.map(derOfPem);
}

/** @throws RangeError where the bytes are no list of version 1 or 2. */
function readCrl(der: Buffer): Crl {
  const signed = readSigned(der);
  const all = readChildren(signed.content);
  const fields = all[0]?.tag === tags.integer ? all.slice(1) : all;
  const issuer = expectTag(fields[1], tags.sequence, 'the issuer');
  const [thisUpdate, maybeNext, ...more] = fields.slice(2);
  const hasNext = maybeNext?.tag === tags.utcTime || maybeNext?.tag === tags.generalizedTime;
  const rest = hasNext || maybeNext === undefined ? more : [maybeNext, ...more];
  const list = rest.find(({ tag }) => tag === tags.sequence);
  const wrapped = rest.find(({ tag }) => tag === contextTag(0, true));
  const extensions =
    wrapped === undefined ? new Map<string, ExtensionValue>() : readExtensions(readChildren(wrapped)[0]);
  if (thisUpdate === undefined) throw new RangeError('the time of the list is missing');
  refuseCritical(extensions, knownExtensions); // as a partial list has (RFC 5280 5.2)
  const number = extensions.get(extensionIds.crlNumber);
  return {
    issuer: printable(nameText(issuer)),
    issuerKey: nameKey(issuer),
    authorityKeyId: authorityKeyId({ extensions }),
    number: number && BigInt(`0x${readDer(number.value).content.toString('hex') || '0'}`),
    thisUpdate: timeMs(thisUpdate),
    nextUpdate: hasNext ? timeMs(maybeNext) : undefined,
    revoked: new Map(list === undefined ? [] : readChildren(list).map(readEntry)),
    signed,
    pem: pemOf('X509 CRL', der),
  };
}

const knownExtensions: ReadonlySet<string> = new Set([extensionIds.authorityKeyId, extensionIds.crlNumber]);

function readEntry(entry: DerValue): [string, { at: number; reason: RevocationReason }] {
  const [serial, at, list] = readChildren(entry);
  if (at === undefined) throw new RangeError('the time of a revocation is missing');
  const extensions = list === undefined ? new Map<string, ExtensionValue>() : readExtensions(list);
  refuseCritical(extensions, new Set([extensionIds.crlReason]));
  const reason = extensions.get(extensionIds.crlReason);
  const code = reason && readDer(reason.value).content[0];
  return [
    serialHex(expectTag(serial, tags.integer, 'a serial number')),
    { at: timeMs(at), reason: reasonOfCode(code) },
  ];
}

const shortNames: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
]);

const nameText = (name: DerValue): string =>
  readName(name)
    .toReversed()
    .map(([id, text]) => `${shortNames.get(id) ?? id}=${text}`)
    .join(', ');

/** What a list is worth: only a `current` one of a known CA says anything. */
export interface CrlVerdict {
  readonly state: 'current' | 'expired' | 'not-yet-valid' | 'unknown-issuer' | 'forged' | 'weak';
  /** Why it is not current, and what to do. */
  readonly problem: string | undefined;
  /** The CA that signed it. */
  readonly signer: X509Certificate | undefined;
}

/** Checks signature, issuer and times of a list. @param authorities the CAs that are known. */
export function judgeCrl(crl: Crl, authorities: readonly X509Certificate[], now: number): CrlVerdict {
  const not = (state: CrlVerdict['state'], problem: string, signer?: X509Certificate): CrlVerdict => ({
    state,
    problem: `the revocation list of ${crl.issuer} ${problem}`,
    signer,
  });
  const named = authorities.filter((authority) => namesIssuer(crl, authority));
  if (named.length === 0)
    return not('unknown-issuer', 'is of another CA than those known here; put that CA beside it or take the list away');
  const weak = signatureProblem(crl.signed.algorithm);
  if (weak !== undefined) return not('weak', weak);
  const signer = named.find(({ publicKey }) => isSignedBy(crl.signed, publicKey));
  if (signer === undefined)
    return not('forged', `was not signed by the key of ${describeX509(named[0]!).subject}; get it from that CA again`);
  if (now < crl.thisUpdate)
    return not(
      'not-yet-valid',
      `counts from ${isoTime(crl.thisUpdate)} on, and the clock says ${isoTime(now)}; set the clock right`,
      signer,
    );
  return crl.nextUpdate !== undefined && now > crl.nextUpdate
    ? not('expired', `ended on ${isoTime(crl.nextUpdate)}; get a new one`, signer)
    : { state: 'current', problem: undefined, signer };
}

function namesIssuer(crl: Crl, authority: X509Certificate): boolean {
  const parts = partsOf(authority);
  const keyId = subjectKeyId(parts);
  if (nameKey(parts.subject) !== crl.issuerKey) return false;
  return crl.authorityKeyId === undefined || keyId === undefined || crl.authorityKeyId === keyId;
}
