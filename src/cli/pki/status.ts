import type { X509Certificate } from 'node:crypto';
import type { Command } from 'commander';
import { clientCertificates } from '../../certificates/status.ts';
import { clientsPayload } from '../../certificates/status-topics.ts';
import { isoTime } from '../../kernel/clock.ts';
import { dayMs } from '../../kernel/duration.ts';
import { type CaFolder, crlFolderName, type OwnCa } from '../../pki/folder/ca-folder.ts';
import { type CrlState, loadCrls } from '../../pki/revocation/crl-set.ts';
import { describeX509 } from '../../pki/x509/inspect.ts';
import { certificatesIn } from '../../pki/x509/pem.ts';
import { type Io, printJson, printLine } from '../io.ts';
import { clientLines } from './client-lines.ts';
import { addPkiOptions, openPki, type PkiOptions } from './options.ts';
import { table, untilText } from './report.ts';

type State = 'valid' | 'expiring' | 'expired' | 'not yet valid';

/** `pki status`: the CAs, the server's certificate, the revocation lists and the ledger at one glance. */
export function addStatusCommand(pki: Command, io: Io): void {
  const command = pki
    .command('status')
    .description('show the state of the CAs, the server certificate, the revocation lists and the ledger');
  addPkiOptions(command).action((options: PkiOptions) => status(io, options));
}

async function status(io: Io, options: PkiOptions): Promise<void> {
  const { folder } = await openPki(options, io);
  const now = folder.options.now();
  const authorities = await folder.authorities();
  const entries = await folder.ledger.read();
  const ledger = [...entries.values()];
  const current = authorities.filter(({ name }) => !name.startsWith('retired/')).map((ca) => ca.keyFingerprint);
  const clients = clientCertificates(entries, new Set(current), now);
  const crls = await loadCrls({
    directory: folder.path(crlFolderName),
    authorities: [
      ...authorities.map(({ certificate }) => certificate),
      ...certificatesIn(await folder.text('ca-chain.pem')),
    ],
    now,
  });
  const certificates = (await certificatesOf(folder, authorities)).map(({ name, certificate, key }) => {
    const { subject, notBefore, notAfter, keyType } = describeX509(certificate);
    return { name, subject, state: stateOf(notBefore, notAfter, now), notAfter, key, keyType };
  });
  const authority = authorities.length > 0 ? 'created' : certificates.length > 0 ? 'elsewhere' : 'not created';
  const counts = {
    issued: ledger.length,
    valid: ledger.filter(({ notAfter, revokedAt }) => revokedAt === undefined && notAfter >= now).length,
    revoked: ledger.filter(({ revokedAt }) => revokedAt !== undefined).length,
    expiringIn30Days: ledger.filter(
      ({ notAfter, revokedAt, replacedBy }) =>
        revokedAt === undefined && replacedBy === undefined && notAfter >= now && notAfter < now + 30 * dayMs,
    ).length,
  };
  if (authority === 'not created') io.setExitCode(1);
  if (options.json === true) {
    printJson(io.stdout, {
      directory: folder.options.directory,
      authority,
      certificates: certificates.map((one) => ({ ...one, notAfter: isoTime(one.notAfter) })),
      revocationLists: crls.states.map(crlJson),
      withoutRevocationList: crls.missing,
      ledger: counts,
      clients: clientsPayload(clients),
    });
    return;
  }
  if (authority === 'not created')
    printLine(io.stdout, `no CA in ${folder.options.directory}; make one with: viaduct pki init`);
  else
    printLine(
      io.stdout,
      table(
        certificates.map(({ name, subject, state, notAfter, key, keyType }) => [
          name,
          subject,
          state,
          untilText(notAfter, now),
          `${keyType}, key ${key}`,
        ]),
      ),
    );
  if (authority === 'elsewhere')
    printLine(
      io.stdout,
      `no CA in ${folder.options.directory}: what is there was issued elsewhere and is renewed there`,
    );
  for (const state of crls.states) printLine(io.stdout, crlText(state));
  for (const warning of crls.warnings) printLine(io.stderr, `warning: ${warning}`);
  printLine(
    io.stdout,
    `ledger: ${counts.issued} issued, ${counts.valid} valid, ${counts.revoked} revoked, ${counts.expiringIn30Days} expiring within 30 days`,
  );
  for (const line of clientLines(clients, now)) printLine(io.stdout, line);
}

interface Row {
  readonly name: string;
  readonly certificate: X509Certificate;
  readonly key: string;
}

/** The CAs of the folder, those of others that clients may come from, and the server. */
async function certificatesOf(folder: CaFolder, authorities: readonly OwnCa[]): Promise<readonly Row[]> {
  const own = new Set(authorities.map(({ certificate }) => certificate.fingerprint256));
  const others = certificatesIn(await folder.text('ca-chain.pem')).filter((one) => !own.has(one.fingerprint256));
  const server = certificatesIn(await folder.text('server.pem')).slice(0, 1);
  const serverKey = (await folder.text('server.key')) === undefined ? 'absent' : 'here';
  return [
    ...authorities.map((ca) => ({ name: ca.name, certificate: ca.certificate, key: keyStateOf(ca, authorities) })),
    ...others.map((certificate) => ({ name: 'ca-chain', certificate, key: 'absent' })),
    ...server.map((certificate) => ({ name: 'server', certificate, key: serverKey })),
  ];
}

/** A renewal may have kept the key of the CA that it replaced; it then lies where the new certificate is. */
function keyStateOf({ keyFingerprint, keyState }: OwnCa, authorities: readonly OwnCa[]): string {
  if (keyState !== 'absent') return keyState;
  const keeper = authorities.find((one) => one.keyFingerprint === keyFingerprint && one.keyState !== 'absent');
  return keeper?.keyState ?? 'absent';
}

function stateOf(notBefore: number, notAfter: number, now: number): State {
  if (now > notAfter) return 'expired';
  if (now < notBefore) return 'not yet valid';
  return notAfter - now < (notAfter - notBefore) / 3 ? 'expiring' : 'valid';
}

const crlJson = ({ number, thisUpdate, nextUpdate, ...rest }: CrlState): Readonly<Record<string, unknown>> => ({
  ...rest,
  number: number?.toString(),
  thisUpdate: isoTime(thisUpdate),
  ...(nextUpdate === undefined ? {} : { nextUpdate: isoTime(nextUpdate) }),
});

const crlText = ({ issuer, entries, nextUpdate, state }: CrlState): string =>
  `revocation list of ${issuer}: ${entries} revoked, ${state}${nextUpdate === undefined ? '' : `, counts until ${isoTime(nextUpdate)}`}`;
