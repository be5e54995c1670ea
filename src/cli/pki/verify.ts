import type { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { AppError } from '../../kernel/errors.ts';
import type { Purpose } from '../../pki/check/chain-checks.ts';
import { type Verification, verifyCertificate } from '../../pki/check/verify.ts';
import { crlFolderName } from '../../pki/folder/ca-folder.ts';
import { loadCrls } from '../../pki/revocation/crl-set.ts';
import { certificatesIn, parsePrivateKey } from '../../pki/x509/pem.ts';
import { repeatable } from '../config-options.ts';
import { type Io, printJson, printLine } from '../io.ts';
import { readCertificates } from './certificate-file.ts';
import { addPkiOptions, openPki, type PkiOptions, readNamedFile } from './options.ts';
import { factsJson, untilText } from './report.ts';

interface Options extends PkiOptions {
  readonly ca: readonly string[];
  readonly untrusted: readonly string[];
  readonly purpose: Purpose;
  readonly host?: string;
  readonly partialChain?: true;
  readonly crl?: true;
  readonly crlDirectory?: string;
  readonly at?: string;
  readonly key?: string;
}

/** `pki verify FILE`: whether a certificate would be accepted, by which chain, and why not. Exit code 1 where not. */
export function addVerifyCommand(pki: Command, io: Io): void {
  const command = pki
    .command('verify')
    .description('say whether a certificate would be accepted, by which chain, and all that stands against it')
    .argument('<file>', 'the certificate, then what is sent along with it')
    .addOption(repeatable('--ca <file>', 'what is trusted (default: ca-chain.pem of the certificates folder)'))
    .addOption(repeatable('--untrusted <file>', 'more certificates for the chain, not trusted'))
    .addOption(new Option('--purpose <purpose>', 'what it is for').choices(['server', 'client', 'any']).default('any'))
    .option('--host <name>', 'host name or address that a server must have; means --purpose server')
    .option('--partial-chain', 'a trusted intermediate is enough, as for Java and for the listeners of viaduct')
    .option('--crl', 'ask the revocation lists; one that is missing or has ended is a problem')
    .option('--crl-directory <dir>', 'folder of the lists (default: crl in the certificates folder)')
    .option('--key <file>', 'private key that must belong to the certificate')
    .option('--at <time>', 'judge as of this time, e.g. 2027-01-31T12:00:00Z (default: now)');
  addPkiOptions(command).action((file: string, options: Options) => verify(io, file, options));
}

async function verify(io: Io, file: string, options: Options): Promise<void> {
  const { folder } = await openPki(options, io);
  const now = options.at === undefined ? folder.options.now() : timeOf(options.at);
  const certificates = await readCertificates(io, file);
  const trusted =
    options.ca.length === 0 ? certificatesIn(await folder.text('ca-chain.pem')) : await readAll(io, options.ca);
  if (trusted.length === 0)
    throw new AppError(
      'usage',
      `nothing is trusted: ${folder.path('ca-chain.pem')} is not there; name a file of CAs with --ca`,
    );
  if (options.key !== undefined) await requireKey(io, certificates[0], options.key);
  const untrusted = await readAll(io, options.untrusted);
  const crlDirectory =
    options.crlDirectory === undefined ? folder.path(crlFolderName) : resolve(io.cwd, options.crlDirectory);
  const crls =
    options.crl === undefined
      ? undefined
      : await loadCrls({
          directory: crlDirectory,
          authorities: [...trusted, ...certificates, ...untrusted].filter(({ ca }) => ca),
          now,
        });
  const verification = verifyCertificate({
    certificates,
    trusted,
    untrusted,
    purpose: options.host === undefined ? options.purpose : 'server',
    hostname: options.host,
    allowsPartial: options.partialChain === true,
    now,
    ...(crls === undefined ? {} : { revocation: { lookup: (one) => crls.lookup(one), requiresAnswer: true } }),
  });
  if (!verification.isValid) io.setExitCode(1);
  if (options.json === true)
    printJson(io.stdout, {
      ...verification,
      chain: verification.chain.map((one) => ({ ...factsJson(one) })),
      warnings: crls?.warnings ?? [],
    });
  else {
    printLine(io.stdout, textOf(verification, now));
    for (const warning of crls?.warnings ?? []) printLine(io.stderr, `warning: ${warning}`);
  }
}

const sources = { target: '', sent: ' (sent along)', trusted: ' (trusted)' } as const;

function textOf({ isValid, chain, problems }: Verification, now: number): string {
  return [
    ...chain.map(
      ({ subject, source, notAfter }, depth) => `${depth}  ${subject}${sources[source]}, ${untilText(notAfter, now)}`,
    ),
    ...problems.map(({ index, message }) => `NO  at ${index}: ${message}`),
    isValid ? 'ok' : `not accepted: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`,
  ].join('\n');
}

function timeOf(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new AppError('usage', `--at: "${text}" is no time; write e.g. 2027-01-31T12:00:00Z`);
  return ms;
}

async function readAll(io: Io, names: readonly string[]): Promise<X509Certificate[]> {
  return (await Promise.all(names.map((name) => readCertificates(io, name)))).flat();
}

async function requireKey(io: Io, certificate: X509Certificate, name: string): Promise<void> {
  const key = parsePrivateKey((await readNamedFile(io, name)).toString('utf8'));
  const path = resolve(io.cwd, name);
  if (typeof key === 'string') throw new AppError('key-unreadable', `${path} ${key}`);
  if (!certificate.checkPrivateKey(key))
    throw new AppError('certificate-mismatch', `${path} is not the key of the certificate; put the right key there`);
}
