import { mkdir } from 'node:fs/promises';
import { isoTime } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { replaceFile } from '../../kernel/files.ts';
import { createCrl, type RevokedCertificate } from '../revocation/crl.ts';
import { readCrls } from '../revocation/crl-read.ts';
import { loadCrls, type SignedCrl } from '../revocation/crl-set.ts';
import { describeX509 } from '../x509/inspect.ts';
import { pemOf } from '../x509/pem-blocks.ts';
import { type CaFolder, crlFolderName, type OwnCa } from './ca-folder.ts';
import type { Ledger } from './ledger.ts';

/** A revocation list that was written. Times are milliseconds since the epoch. */
export interface WrittenCrl {
  readonly issuer: string;
  readonly number: number;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly entries: number;
  /** PEM and DER. */
  readonly files: readonly string[];
}

export interface WrittenCrls {
  readonly written: readonly WrittenCrl[];
  /** CAs whose list could not be made, and why, a sentence each. */
  readonly skipped: readonly string[];
}

/** Clocks differ: a list counts from a little before it is made. */
const backdateMs = 300_000;

/**
 * Writes the revocation list of every CA of the folder whose key is at hand, as PEM and DER.
 * @param lifetimeMs how long they count; as the folder's options say when left out. @param rootLifetimeMs for the root's.
 * @throws AppError `certificate-unwritable`, `ledger-damaged`, `issuing-refused`.
 */
export const writeCrls = (
  folder: CaFolder,
  lifetimeMs = folder.options.crlLifetimeMs,
  rootLifetimeMs = lifetimeMs,
): Promise<WrittenCrls> =>
  folder.ledger.change(async (ledger) => {
    const { now } = folder.options;
    const written: WrittenCrl[] = [];
    const skipped: string[] = [];
    const authorities = await folder.authorities();
    const { lists } = await loadCrls({
      directory: folder.path(crlFolderName),
      authorities: authorities.map(({ certificate }) => certificate),
      now: now(),
    });
    for (const ca of authorities) {
      try {
        const lifeMs = ca.name === 'root-ca' ? rootLifetimeMs : lifetimeMs;
        if (describeX509(ca.certificate).notAfter < now() || isContinued(ca, authorities)) continue;
        const revoked = [...revokedIn(ledger, ca, now() - lifeMs), ...forgotten(ledger, ca, lists)];
        written.push(await writeOne(folder, ca, revoked, lifeMs));
      } catch (problem) {
        if (!(problem instanceof AppError)) throw problem;
        skipped.push(problem.message);
      }
    }
    return { changes: [], result: { written, skipped } };
  });

/** Whether a CA was renewed with its key: the list of its successor is signed by the same key, and counts for both. */
const isContinued = (ca: OwnCa, authorities: readonly OwnCa[]): boolean =>
  ca.keyState === 'absent' &&
  authorities.some((one) => one.keyFingerprint === ca.keyFingerprint && one.keyState !== 'absent');

/** What has ended is still named once more, for those whose clock is behind (RFC 5280 3.3). */
const revokedIn = (ledger: Ledger, ca: OwnCa, endedBefore: number): readonly RevokedCertificate[] =>
  [...ledger.values()].flatMap(({ serialNumber, issuerKeyFingerprint, notAfter, revokedAt, reason }) =>
    issuerKeyFingerprint === ca.keyFingerprint && revokedAt !== undefined && notAfter > endedBefore
      ? [{ serialNumber, at: revokedAt, reason: reason ?? 'unspecified' }]
      : [],
  );

/** What the last list names and the ledger does not know: a ledger that was lost must not let anybody in again. */
const forgotten = (ledger: Ledger, ca: OwnCa, lists: readonly SignedCrl[]): readonly RevokedCertificate[] =>
  lists
    .filter(({ signer }) => signer.publicKey.equals(ca.certificate.publicKey))
    .flatMap(({ crl }) => [...crl.revoked])
    .filter(([serialNumber]) => !ledger.has(serialNumber))
    .map(([serialNumber, entry]) => ({ serialNumber, ...entry }));

async function writeOne(
  folder: CaFolder,
  ca: OwnCa,
  revoked: readonly RevokedCertificate[],
  lifetimeMs: number,
): Promise<WrittenCrl> {
  const now = folder.options.now();
  const issuer = await folder.signer(ca.name);
  const file = `${crlFolderName}/${ca.name.replace('retired/', '')}`;
  const number = nextNumber(await folder.text(`${file}.pem`), now, folder.path(`${file}.pem`));
  const nextUpdate = Math.min(now + lifetimeMs, describeX509(ca.certificate).notAfter);
  const der = createCrl({ issuer, revoked, number, thisUpdate: now - backdateMs, nextUpdate });
  await mkdir(folder.path(crlFolderName), { recursive: true, mode: 0o755 });
  await replaceFile(folder.path(`${file}.crl`), der, 0o644);
  await replaceFile(folder.path(`${file}.pem`), pemOf('X509 CRL', der), 0o644);
  return {
    issuer: describeX509(ca.certificate).subject,
    number,
    thisUpdate: now - backdateMs,
    nextUpdate,
    entries: revoked.length,
    files: [folder.path(`${file}.pem`), folder.path(`${file}.crl`)],
  };
}

/** Seconds since the epoch, and more than the last: it grows even where the last list is lost. */
function nextNumber(last: string | undefined, now: number, path: string): number {
  const bySecond = Math.floor(now / 1_000);
  if (last === undefined) return bySecond;
  const crls = readCrls(Buffer.from(last));
  const crl = typeof crls === 'string' ? undefined : crls[0];
  if (crl === undefined) return bySecond; // damaged; it is replaced by a whole one
  if (crl.thisUpdate - 2 * backdateMs > now)
    throw new AppError(
      'issuing-refused',
      `the clock says ${isoTime(now)}, but ${path} is of ${isoTime(crl.thisUpdate)}; set the clock of this machine right`,
    );
  return Math.max(bySecond, Number(crl.number ?? 0n) + 1);
}
