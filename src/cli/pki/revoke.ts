import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { isoTime } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { type WrittenCrls, writeCrls } from '../../pki/folder/crl-write.ts';
import type { LedgerEntry } from '../../pki/folder/ledger.ts';
import { type RevocationReason, revocationReasons } from '../../pki/revocation/reasons.ts';
import { parseCertificates } from '../../pki/x509/pem.ts';
import { type Io, printJson, printLine } from '../io.ts';
import {
  addSigningOptions,
  lifetimeMs,
  lifetimeOption,
  openPki,
  readNamedFile,
  type SigningOptions,
} from './options.ts';
import { entryJson } from './report.ts';

interface RevokeOptions extends SigningOptions {
  readonly reason: RevocationReason;
  readonly certificateOnly?: boolean;
}

interface CrlOptions extends SigningOptions {
  readonly lifetime?: string;
}

/** `pki revoke WHICH`: the certificates of a device count no longer, and the revocation lists say so. */
export function addRevokeCommand(pki: Command, io: Io): void {
  const command = pki
    .command('revoke')
    .description('revoke a certificate, with it all that the device has, and write the revocation lists')
    .argument('<which>', 'its serial number (see: viaduct pki list), or its file')
    .addOption(new Option('--reason <reason>', 'why').choices(revocationReasons).default('unspecified'))
    .option(
      '--certificate-only',
      'that one only: the others of the device, for the same name or key or renewed from it, stay valid',
    );
  addSigningOptions(command).action((which: string, options: RevokeOptions) => revoke(io, which, options));
}

/** `pki crl`: writes the revocation lists again, before the last ones end. */
export function addCrlCommand(pki: Command, io: Io): void {
  const command = pki
    .command('crl')
    .description('write the revocation list of each CA here, as PEM and DER, into the folder crl')
    .addOption(lifetimeOption('how long they count (default: certificates.crlLifetime)'));
  addSigningOptions(command).action((options: CrlOptions) => crl(io, options));
}

async function revoke(io: Io, which: string, options: RevokeOptions): Promise<void> {
  const { folder } = await openPki(options, io);
  const isSerial = /^(?:[0-9a-f]{2}:?){4,20}$/i.test(which);
  const target = isSerial ? { serialNumber: which.replaceAll(':', '') } : { pem: await certificateIn(io, which) };
  const { revokeInFolder } = await import('../../pki/folder/operations.ts'); // and with it the X.509 libraries
  const scope = options.certificateOnly === true ? 'certificate' : 'device';
  const { entry, wasRevoked, others, crls } = await revokeInFolder(folder, target, options.reason, scope);
  if (crls.written.length === 0) io.setExitCode(1);
  if (options.json === true) {
    printJson(io.stdout, { revoked: entryJson(entry), wasRevoked, others: others.map(entryJson), ...crlsJson(crls) });
    return;
  }
  printLine(io.stdout, revokedText(entry, wasRevoked));
  for (const other of others) printLine(io.stdout, revokedText(other, false));
  printCrls(io, crls);
  printLine(io.stdout, 'a running broker notices the lists and takes them over');
}

const revokedText = ({ subject, serialNumber, revokedAt = 0, reason }: LedgerEntry, wasRevoked: boolean): string =>
  `${subject} ${serialNumber} ${wasRevoked ? 'was revoked before, on' : 'is revoked since'} ${isoTime(revokedAt)} (${reason})`;

async function certificateIn(io: Io, name: string): Promise<string> {
  const certificates = parseCertificates((await readNamedFile(io, name)).toString('utf8'));
  if (typeof certificates !== 'string') return certificates[0].toString();
  throw new AppError(
    'certificate-invalid',
    `${resolve(io.cwd, name)} ${certificates}; give a serial number or the file of a certificate`,
  );
}

async function crl(io: Io, options: CrlOptions): Promise<void> {
  const { folder } = await openPki(options, io);
  const crls = await writeCrls(folder, options.lifetime === undefined ? undefined : lifetimeMs(options.lifetime));
  if (crls.written.length === 0) io.setExitCode(1);
  if (options.json === true) {
    printJson(io.stdout, crlsJson(crls));
    return;
  }
  if (crls.written.length + crls.skipped.length === 0)
    printLine(
      io.stderr,
      `there is no CA in ${folder.options.directory}; viaduct pki init makes one in an empty folder`,
    );
  printCrls(io, crls);
}

const crlsJson = ({ written, skipped }: WrittenCrls): Readonly<Record<string, unknown>> => ({
  revocationLists: written.map((one) => ({
    ...one,
    thisUpdate: isoTime(one.thisUpdate),
    nextUpdate: isoTime(one.nextUpdate),
  })),
  skipped,
});

function printCrls(io: Io, { written, skipped }: WrittenCrls): void {
  for (const { issuer, number, nextUpdate, entries, files } of written)
    printLine(
      io.stdout,
      `list ${number} of ${issuer}: ${entries} revoked, counts until ${isoTime(nextUpdate)}\n${files.join('\n')}`,
    );
  for (const reason of skipped) printLine(io.stderr, `no list was written: ${reason}`);
}
