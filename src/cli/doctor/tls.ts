import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { requireConfig } from '../../config/load.ts';
import { addConfigOptions, type ConfigOptions, loadInputOf, repeatable } from '../config-options.ts';
import { durationOf, usage } from '../connection-options.ts';
import { type Io, printJson, printLine } from '../io.ts';
import { openingFor } from './opening.ts';
import { chainRow } from './tls-chain.ts';
import { type Check, checksOf } from './tls-checks.ts';
import type { TlsClient } from './tls-client.ts';
import { prepareTlsFiles, type TlsFiles } from './tls-files.ts';
import { probe } from './tls-probe.ts';
import { readPreSharedKey } from './tls-psk.ts';
import { outcomeText, type ReportRow, type TargetReport, tlsReportText, verdictOf } from './tls-report.ts';
import { readRevocation, revocationReport } from './tls-revocation.ts';
import { type TlsTarget, targetOfUrl, targetsOfConfig, urlOf } from './tls-target.ts';

interface Options extends ConfigOptions {
  readonly url: readonly string[];
  readonly tls?: 'one-way' | 'two-way';
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly name?: string;
  readonly timeout: string;
  readonly verbose?: true;
  readonly keep?: true;
  readonly json?: true;
}

/** `doctor tls`: tries every TLS listener with what clients do right and wrong; exit code 1 where one answer is wrong. */
export function addDoctorTlsCommand(parent: Command, io: Io): void {
  const command = parent
    .command('tls')
    .description('try every TLS listener with good and bad clients, and say how to repeat each try with openssl');
  addConfigOptions(command)
    .addOption(
      repeatable('--url <url>', 'check mqtts://, wss:// or https:// instead of the listeners; may be given again'),
    )
    .addOption(
      new Option('--tls <kind>', 'what --url is meant to be (default: found out)').choices(['one-way', 'two-way']),
    )
    .option('--ca <file>', 'PEM file of the CAs to trust (default: ca-chain.pem of the certificates folder)')
    .option('--cert <file>', 'PEM file of a client certificate (default: client-demo.pem there)')
    .option('--key <file>', 'PEM file of its key')
    .option('--name <name>', 'host name or address that the server certificate must be for')
    .option('--timeout <duration>', 'longest wait for one answer', '5s')
    .option('-v, --verbose', 'show every check, and not only those that say something; the commands to repeat them too')
    .option(
      '--keep',
      'with --json: give the commands too, and leave the temporary certificates that they name in place',
    )
    .option('--json', 'print one JSON object')
    .action((options: Options) => check(io, options));
}

async function check(io: Io, options: Options): Promise<void> {
  const { config } = await requireConfig(loadInputOf(options, io));
  if ((options.cert === undefined) !== (options.key === undefined))
    throw usage('--cert and --key go together: the certificate and its key');
  if (options.tls !== undefined && options.url.length === 0) throw usage('--tls says what --url is; pass --url too');
  const isOurs = options.url.length === 0;
  const targets = isOurs ? targetsOfConfig(config) : options.url.map((url) => targetOfUrl(url, options.tls));
  const timeoutMs = durationOf(options.timeout, '--timeout');
  const path = (file: string): string => resolve(io.cwd, file);
  const revocation = isOurs ? await readRevocation(config, { cwd: io.cwd, now: io.clock.now }) : undefined;
  await using files = await prepareTlsFiles({
    directory: path(config.certificates.directory),
    ca: options.ca === undefined ? undefined : path(options.ca),
    client:
      options.cert === undefined || options.key === undefined
        ? undefined
        : { cert: path(options.cert), key: path(options.key) },
    revocation,
    now: io.clock.now,
  });
  const reports: TargetReport[] = [];
  for (const target of targets) reports.push(await reportOn(target, files, options, { io, timeoutMs }));
  const lists = revocation && revocationReport(revocation, io.clock.now());
  const rows = [...reports, ...(lists === undefined ? [] : [lists])].flatMap(({ checks }) => checks);
  const isOk = rows.every(({ verdict }) => verdict !== 'no');
  if (!isOk) io.setExitCode(1);
  if (options.json === true) {
    const isKept = options.keep === true;
    if (isKept) files.keep();
    const listeners = isKept ? reports : withoutCommandsOf(files.directory, reports);
    printJson(io.stdout, { ok: isOk, files: isKept ? files.directory : null, listeners, revocation: lists ?? null });
    return;
  }
  const text = tlsReportText(reports, lists, { isVerbose: options.verbose === true || options.keep === true });
  const isNamed = text.includes(files.directory);
  if (isNamed) files.keep();
  const note = `\nThe commands name temporary files, which stay until you remove them: ${files.directory}`;
  printLine(io.stdout, isNamed ? text + note : text);
}

/** A command is of use while the files that it names are there. */
const withoutCommandsOf = (directory: string, reports: readonly TargetReport[]): TargetReport[] =>
  reports.map((report) => ({
    ...report,
    checks: report.checks.map((row) => (row.command?.includes(directory) === true ? { ...row, command: null } : row)),
  }));

async function reportOn(
  target: TlsTarget,
  files: TlsFiles,
  { name, url }: Options,
  { io, timeoutMs }: { readonly io: Io; readonly timeoutMs: number },
): Promise<TargetReport> {
  const isOurs = url.length === 0;
  const verifiedName = name ?? (isOurs ? files.serverName : target.host);
  const clientId = `doctor-${randomBytes(4).toString('hex')}`;
  const anyone: TlsClient = { verifiedName, trust: files.trust };
  const someone: TlsClient = 'missing' in files.client ? anyone : { ...anyone, identity: files.client };
  const { isShown, ...row } = await chainRow(target, someone, { now: io.clock.now(), timeoutMs });
  const report = { listener: target.name, url: urlOf(target) };
  if (!isShown) return { ...report, tls: target.tls ?? 'unknown', checks: [row] };
  const tls = target.tls ?? (await kindOf(target, anyone, clientId, timeoutMs));
  const rows: ReportRow[] = [row];
  const psk = target.psk && (await readPreSharedKey(target.psk, io));
  for (const one of checksOf({ files, target: { ...target, tls }, verifiedName, clientId, psk, isOurs }))
    rows.push(await rowOf(one, timeoutMs));
  return { ...report, tls, checks: rows };
}

/** A server that refuses a client without a certificate requires one. */
async function kindOf(
  target: TlsTarget,
  anyone: TlsClient,
  clientId: string,
  timeoutMs: number,
): Promise<'one-way' | 'two-way'> {
  const outcome = await probe(target, { ...anyone, isInsecure: true }, openingFor(target, clientId), timeoutMs);
  return outcome.kind === 'refused' && outcome.by === 'server' ? 'two-way' : 'one-way';
}

async function rowOf({ name, expected, run, command }: Check, timeoutMs: number): Promise<ReportRow> {
  const outcome = await run(timeoutMs);
  return {
    check: name,
    verdict: verdictOf(expected, outcome),
    expected,
    outcome: outcomeText(outcome),
    reason: outcome.reason,
    command: command ?? null,
  };
}
