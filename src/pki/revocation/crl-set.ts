import type { X509Certificate } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, systemCode } from '../../kernel/errors.ts';
import { type ReadFile, readLargeFile } from '../files.ts';
import { authorityKeyId, nameKey, partsOf } from '../x509/certificate-parts.ts';
import { describeX509 } from '../x509/inspect.ts';
import { distinctCertificates } from '../x509/pem.ts';
import { type Crl, type CrlVerdict, judgeCrl, readCrls } from './crl-read.ts';
import type { RevocationReason } from './reasons.ts';

/** A list that was found, and what it is worth. */
export interface CrlState {
  readonly path: string;
  readonly issuer: string;
  readonly number: bigint | undefined;
  /** Milliseconds since the epoch. */
  readonly thisUpdate: number;
  /** Milliseconds since the epoch; undefined where the list does not say. */
  readonly nextUpdate: number | undefined;
  readonly entries: number;
  readonly state: CrlVerdict['state'];
}

export type RevocationVerdict =
  | { readonly kind: 'good' }
  | { readonly kind: 'revoked'; readonly at: number; readonly reason: RevocationReason }
  /** No current list of its issuer is there. */
  | { readonly kind: 'unknown' };

/** All revocation lists of a folder, as a TLS listener needs them. */
export interface CrlSet {
  /**
   * The current lists, for `crl` of `tls.createSecureContext`. With any of them OpenSSL demands a current list of every
   * CA of a chain, the root included: give them only where `missing` is empty.
   */
  readonly crl: readonly string[];
  /** Of each known CA its newest list, whatever the clock says of it: what it revoked stays revoked. */
  readonly lists: readonly SignedCrl[];
  /** Of each CA the newest list, and lists that cannot be used. */
  readonly states: readonly CrlState[];
  /** CAs without a current list, one line each. */
  readonly missing: readonly string[];
  /** The first moment at which a list ends; undefined where none does. Milliseconds since the epoch. */
  readonly expiresAt: number | undefined;
  /** Sentences for the log. */
  readonly warnings: readonly string[];
  /** Looks one certificate up, for listeners that decide themselves what an unknown one means. */
  lookup(certificate: X509Certificate): RevocationVerdict;
}

/** A list that a known CA has signed. */
export interface SignedCrl {
  readonly crl: Crl;
  readonly signer: X509Certificate;
}

export interface CrlSource {
  /** Every `.pem`, `.crl` and `.der` file in it is read; it need not exist. */
  readonly directory: string;
  /** The CAs that clients may come from; the same one may stand there twice. */
  readonly authorities: readonly X509Certificate[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly read?: ReadFile;
}

interface Found {
  readonly path: string;
  readonly crl: Crl;
  readonly verdict: CrlVerdict;
}

/** More files than this are no folder of revocation lists. */
const maxFiles = 200;

/** Reads and checks the lists of a folder. A damaged or foreign file is a warning: it neither revokes nor clears anything. */
export async function loadCrls(source: CrlSource): Promise<CrlSet> {
  const { directory, now, read = readLargeFile } = source;
  const authorities = distinctCertificates(source.authorities);
  const warnings: string[] = [];
  const found: Found[] = [];
  const names = await crlFiles(directory);
  if (names.length > maxFiles)
    warnings.push(`${directory} holds ${names.length} files; the first ${maxFiles} are read as revocation lists`);
  for (const name of names.slice(0, maxFiles)) {
    const path = join(directory, name);
    const crls = await readPath(path, read);
    if (typeof crls === 'string') warnings.push(`${path} ${crls}`);
    else for (const crl of crls) found.push({ path, crl, verdict: judgeCrl(crl, authorities, now) });
  }
  return crlSetOf(found, authorities, warnings);
}

/** Subjects of the CAs that issue to clients: of roots only those that stand alone. @param anchors what clients lead to. */
export function issuingSubjects(anchors: readonly X509Certificate[]): readonly string[] {
  const facts = anchors.map(describeX509);
  const issuing = facts.every(({ isSelfIssued }) => isSelfIssued) ? facts : facts.filter((one) => !one.isSelfIssued);
  return [...new Set(issuing.map(({ subject }) => subject))];
}

async function crlFiles(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => /\.(pem|crl|der)$/i.test(name)).sort();
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return [];
    throw cause;
  }
}

async function readPath(path: string, read: ReadFile): Promise<readonly Crl[] | string> {
  try {
    const content = await read(path);
    return content === undefined ? [] : readCrls(content.bytes);
  } catch (cause) {
    return `cannot be read: ${messageOf(cause)}`;
  }
}

function crlSetOf(all: readonly Found[], authorities: readonly X509Certificate[], warnings: string[]): CrlSet {
  const found = newest(all);
  const current = found.filter(({ verdict }) => verdict.state === 'current');
  const lists = newest(all, false).flatMap(({ crl, verdict: { signer } }) =>
    signer === undefined ? [] : [{ crl, signer }],
  );
  for (const { path, verdict } of found)
    if (verdict.problem !== undefined) warnings.push(`${path}: ${verdict.problem}`);
  const covered = (authority: X509Certificate): boolean =>
    current.some(({ verdict }) => verdict.signer?.publicKey.equals(authority.publicKey) === true);
  const ends = current.flatMap(({ crl }) => (crl.nextUpdate === undefined ? [] : [crl.nextUpdate]));
  return {
    crl: current.map(({ crl }) => crl.pem),
    lists,
    states: found.map(({ path, crl, verdict }) => ({
      path,
      issuer: crl.issuer,
      number: crl.number,
      thisUpdate: crl.thisUpdate,
      nextUpdate: crl.nextUpdate,
      entries: crl.revoked.size,
      state: verdict.state,
    })),
    missing: authorities.filter((authority) => !covered(authority)).map((one) => describeX509(one).subject),
    expiresAt: ends.length === 0 ? undefined : Math.min(...ends),
    warnings,
    lookup: (certificate) => lookUp(certificate, lists, current),
  };
}

/**
 * The same list may lie there in both forms, and an older one beside it: of what a CA has signed the newest is kept.
 * @param prefersCurrent a current one is kept before a newer one that counts later, as after a clock was set back.
 */
function newest(all: readonly Found[], prefersCurrent = true): readonly Found[] {
  const best = new Map<string, Found>();
  for (const one of all) {
    const { signer, state } = one.verdict;
    const key = signer === undefined ? `${one.path} ${best.size}` : signer.fingerprint256;
    const other = best.get(key);
    const isFirst = prefersCurrent && other?.verdict.state !== state && state === 'current';
    const isLast = prefersCurrent && other?.verdict.state !== state && other?.verdict.state === 'current';
    const isBetter = other === undefined || isFirst || (!isLast && isNewer(one.crl, other.crl));
    if (isBetter) best.set(key, one);
  }
  return [...best.values()];
}

const isNewer = (one: Crl, other: Crl): boolean =>
  one.number !== undefined && other.number !== undefined && one.number !== other.number
    ? one.number > other.number
    : one.thisUpdate > other.thisUpdate;

function lookUp(
  certificate: X509Certificate,
  known: readonly SignedCrl[],
  current: readonly Found[],
): RevocationVerdict {
  const parts = partsOf(certificate);
  const issuer = nameKey(parts.issuer);
  const keyId = authorityKeyId(parts);
  const isOfIssuer = ({ crl }: { readonly crl: Crl }): boolean =>
    crl.issuerKey === issuer &&
    (keyId === undefined || crl.authorityKeyId === undefined || crl.authorityKeyId === keyId);
  for (const { crl } of known.filter(isOfIssuer)) {
    const revoked = crl.revoked.get(certificate.serialNumber);
    if (revoked !== undefined) return { kind: 'revoked', ...revoked };
  }
  return { kind: current.some(isOfIssuer) ? 'good' : 'unknown' };
}
