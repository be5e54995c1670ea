import { resolve } from 'node:path';
import { AppError, StartError } from '../../kernel/errors.ts';
import { checkAuthorities } from '../check/check-authorities.ts';
import { checkClient } from '../check/check-client.ts';
import { checkServer, type ServerCertificate } from '../check/check-server.ts';
import {
  type FileName,
  type Folder,
  fileNames,
  isPrivate,
  type ReadFile,
  readFileContent,
  readFolder,
  withFiles,
} from '../files.ts';
import type { NewCa } from '../issue/ca-request.ts';
import { issuedChange } from './issued.ts';
import { ledgerFile } from './ledger-file.ts';
import { isComplete, planMissing } from './plan.ts';
import { publishFiles, whileMaking } from './publish.ts';

export interface EnsureOptions {
  readonly directory: string;
  /** DNS names and IP addresses for a server certificate made here, beside localhost, the host name and loopback. */
  readonly names: readonly string[];
  readonly hostname: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** What is said of a CA that is made here. */
  readonly ca?: NewCa;
  /** Folder on a web server where the revocation lists are published. */
  readonly crlUrl?: string | undefined;
  /** Who has them made, for the ledger; `first start` when left out. */
  readonly by?: string;
  /** How a file is read; from the disk when left out. */
  readonly read?: ReadFile;
}

/** What the TLS listeners need, checked. */
export interface CertificateSet {
  /** Absolute path. */
  readonly directory: string;
  /** Names of the files that were made now; none at most starts. */
  readonly created: readonly FileName[];
  /** PEM: the server's certificate, then its intermediates. */
  readonly cert: string;
  /** PEM of the server's private key. */
  readonly key: string;
  /** PEM of the CAs that may sign clients. */
  readonly clientCa: string;
  /** Absolute paths; of those that were brought, not made, some may not exist. */
  readonly files: {
    readonly rootCa: string;
    readonly intermediateCa: string;
    readonly caChain: string;
    readonly server: string;
    readonly serverKey: string;
    readonly clientDemo: string;
    readonly clientDemoKey: string;
    readonly clientDemoP12: string;
  };
  /** Milliseconds since the epoch. */
  readonly serverExpiresAt: number;
  /** Sentences for the log: what will fail soon or for some clients, and what to do. */
  readonly warnings: readonly string[];
}

/**
 * Reads and checks the certificates of the program; what is missing is made, what exists is never changed.
 * @throws StartError for files that cannot be read or written, ConfigError for files that are damaged, expired or do not
 * belong together. The message names the file, what is wrong with it and what to do.
 */
export async function ensureCertificates(options: EnsureOptions): Promise<CertificateSet> {
  const directory = resolve(options.directory);
  const read = options.read ?? readFileContent;
  const folder = await readFolder(directory, read);
  const checked = checkFolder(folder, options);
  return checked.isWhole ? setOf(folder, checked, []) : completeFolder(directory, read, options);
}

interface Checked {
  /** Undefined where a part of it is missing. */
  readonly server: ServerCertificate | undefined;
  /** Nothing is missing that could be made. */
  readonly isWhole: boolean;
  readonly plan: ReturnType<typeof planMissing>;
  readonly warnings: readonly string[];
}

function checkFolder(folder: Folder, { now, names }: EnsureOptions): Checked {
  const authorities = checkAuthorities(folder, now());
  const server = checkServer(folder, authorities, { now: now(), names, setting: 'certificates.names', enough: 'all' });
  const client = checkClient(folder, authorities, now());
  const planned = planMissing(folder);
  const plan = client.isSound ? planned : { ...planned, client: false, clientP12: false };
  const warnings = [
    ...authorities.warnings,
    ...(server?.warnings ?? []),
    ...client.warnings,
    ...plan.warnings,
    ...openKeys(folder),
  ];
  return { server, isWhole: isComplete(plan), plan, warnings };
}

/** Makes what is missing, one process at a time: what another has made meanwhile is taken as it is. */
async function completeFolder(directory: string, read: ReadFile, options: EnsureOptions): Promise<CertificateSet> {
  return whileMaking(directory, async (work) => {
    const folder = await readFolder(directory, read);
    const before = checkFolder(folder, options);
    if (before.isWhole) return setOf(folder, before, []);
    const { makeMissing } = await import('./make.ts'); // and with it the libraries, which other starts do without
    const made = await makeMissing(before.plan, folder, options);
    const completed = withFiles(folder, made);
    const after = checkFolder(completed, options); // before a file is written, so that no wrong one ever stands there
    await publishFiles(directory, work, made);
    const names = made.map(([name]) => name);
    const unrecorded = await recordMade(completed, names, options);
    return setOf(completed, { ...after, warnings: [...after.warnings, ...unrecorded] }, names);
  });
}

/** Puts what was made into the ledger. The files stand there already: what is wrong with the ledger is a warning. */
async function recordMade(folder: Folder, names: readonly FileName[], options: EnsureOptions): Promise<string[]> {
  const { now, by = 'first start' } = options;
  const pem = names.filter((name) => name.endsWith('.pem') && name !== 'ca-chain.pem').map((name) => folder.text(name));
  try {
    await ledgerFile(folder.directory, now).changeHeld(() => ({
      changes: pem.map((text) =>
        issuedChange(text ?? '', {
          by,
          at: now(),
          issuers: [...pem, folder.text('root-ca.pem'), folder.text('intermediate-ca.pem')],
        }),
      ),
      result: undefined,
    }));
    return [];
  } catch (problem) {
    if (problem instanceof AppError) return [problem.message];
    throw problem;
  }
}

function setOf(folder: Folder, { server, warnings }: Checked, created: readonly FileName[]): CertificateSet {
  const clientCa = folder.text('ca-chain.pem');
  if (server === undefined || clientCa === undefined)
    throw new StartError('start-failed', `the certificates in ${folder.directory} are not complete`);
  const { path } = folder;
  return {
    directory: folder.directory,
    created,
    cert: server.cert,
    key: server.key,
    clientCa,
    files: {
      rootCa: path('root-ca.pem'),
      intermediateCa: path('intermediate-ca.pem'),
      caChain: path('ca-chain.pem'),
      server: path('server.pem'),
      serverKey: path('server.key'),
      clientDemo: path('client-demo.pem'),
      clientDemoKey: path('client-demo.key'),
      clientDemoP12: path('client-demo.p12'),
    },
    serverExpiresAt: server.expiresAt,
    warnings,
  };
}

/** Private keys that others on this machine may read. */
const openKeys = (folder: Folder): string[] =>
  fileNames
    .filter((name) => isPrivate(name) && ((folder.mode(name) ?? 0) & 0o077) !== 0)
    .map(
      (name) => `${folder.path(name)} can be read by other users of this machine; run: chmod 600 ${folder.path(name)}`,
    );
