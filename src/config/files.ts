import { open, readFile } from 'node:fs/promises';
import { banFile, readBans } from '../auth/bans/schema.ts';
import { passwordFileProblem } from '../auth/passwords/lines.ts';
import { reasonOf } from '../kernel/errors.ts';
import { textOrNothing } from '../kernel/text-file.ts';
import { holdsPem } from '../pki/x509/pem-blocks.ts';
import type { Finding } from './messages.ts';
import type { ConfigPath } from './path.ts';
import type { Config } from './schema.ts';

export interface NamedFile {
  readonly path: ConfigPath;
  readonly file: string;
  readonly holds: 'certificate' | 'key';
}

type Listener = Config['listeners'][number];

/** All files that a configuration names and that must be there before anything starts, but for those of secrets. */
export function pemFilesOf({ listeners, nats, store }: Config): NamedFile[] {
  const files: NamedFile[] = [];
  const add = (path: ConfigPath, file: string | undefined, holds: NamedFile['holds']): void => {
    if (file !== undefined) files.push({ path, file, holds });
  };
  const addPair = (path: ConfigPath, pair: Pick<Listener, 'certificate' | 'key' | 'alternative'>): void => {
    add([...path, 'certificate'], pair.certificate, 'certificate');
    add([...path, 'key'], pair.key, 'key');
    add([...path, 'alternative', 'certificate'], pair.alternative?.certificate, 'certificate');
    add([...path, 'alternative', 'key'], pair.alternative?.key, 'key');
  };
  for (const [index, listener] of listeners.entries()) {
    const path = ['listeners', index] as const;
    addPair(path, listener);
    add([...path, 'clientCa'], listener.clientCa, 'certificate');
    for (const [place, pair] of listener.certificates.entries()) addPair([...path, 'certificates', place], pair);
  }
  for (const { at, tls } of [
    { at: ['nats', 'tls'], tls: nats.servers.length === 0 ? undefined : nats.tls },
    { at: ['store', 'redis', 'tls'], tls: store.type === 'redis' ? store.redis.tls : undefined },
  ]) {
    add([...at, 'ca'], tls?.ca, 'certificate');
    add([...at, 'cert'], tls?.cert, 'certificate');
    add([...at, 'key'], tls?.key, 'key');
  }
  return files;
}

const labels = {
  certificate: { kind: 'CERTIFICATE', problem: 'holds no certificate in PEM form' },
  key: { kind: 'PRIVATE KEY', problem: 'holds no private key in PEM form' },
} as const;

/** Longest beginning of a file that is looked at; chains of CAs and their comments are shorter. */
const maxBytes = 1_048_576;

/** Files that cannot be read, or hold something else than they should; all of them. */
export async function checkFiles(config: Config): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { path, file, holds } of pemFilesOf(config)) {
    const { kind, problem } = labels[holds];
    try {
      if (!holdsPem(await beginningOf(file), kind)) findings.push({ path, message: `${file} ${problem}` });
    } catch (cause) {
      findings.push({ path, message: `${file} cannot be read: ${reasonOf(cause)}` });
    }
  }
  const { passwords, bans } = config.access;
  return [...findings, ...(await checkPasswords(passwords)), ...(await checkBans(bans))];
}

/** The file need not be there. */
async function checkBans({ file }: Config['access']['bans']): Promise<Finding[]> {
  if (file === undefined) return [];
  const found = await textOrNothing(banFile(file)).then(readBans, (cause) => `cannot be read: ${reasonOf(cause)}`);
  return typeof found === 'string' ? [{ path: ['access', 'bans', 'file'], message: `${file} ${found}` }] : [];
}

async function checkPasswords(passwords: Config['access']['passwords']): Promise<Finding[]> {
  if (passwords === undefined) return [];
  const { file } = passwords;
  const message = await readFile(file, 'utf8').then(
    (text) => passwordFileProblem(file, text),
    (cause: unknown) => `${file} cannot be read: ${reasonOf(cause)}; make it with: viaduct passwd add ${file} USER`,
  );
  return message === undefined ? [] : [{ path: ['access', 'passwords', 'file'], message }];
}

async function beginningOf(file: string): Promise<string> {
  await using handle = await open(file, 'r');
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
  return buffer.toString('latin1', 0, bytesRead);
}
