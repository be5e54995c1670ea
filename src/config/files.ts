import { open } from 'node:fs/promises';
import type { Finding } from './messages.ts';
import type { ConfigPath } from './path.ts';
import type { Config } from './schema.ts';
import { reasonOf } from './secrets.ts';

interface NamedFile {
  readonly path: ConfigPath;
  readonly file: string;
  readonly holds: 'certificate' | 'key';
}

/** All files that a configuration names and that must be there before anything starts, but for those of secrets. */
function filesOf({ listeners, nats, store }: Config): NamedFile[] {
  const files: NamedFile[] = [];
  const add = (path: ConfigPath, file: string | undefined, holds: NamedFile['holds']): void => {
    if (file !== undefined) files.push({ path, file, holds });
  };
  for (const [index, { certificate, key, clientCa, certificates }] of listeners.entries()) {
    const listener = ['listeners', index] as const;
    add([...listener, 'certificate'], certificate, 'certificate');
    add([...listener, 'key'], key, 'key');
    add([...listener, 'clientCa'], clientCa, 'certificate');
    for (const [place, more] of certificates.entries()) {
      add([...listener, 'certificates', place, 'certificate'], more.certificate, 'certificate');
      add([...listener, 'certificates', place, 'key'], more.key, 'key');
    }
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
  certificate: { pattern: /-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/, problem: 'holds no certificate in PEM form' },
  key: { pattern: /-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/, problem: 'holds no private key in PEM form' },
} as const;

/** Longest beginning of a file that is looked at; chains of CAs and their comments are shorter. */
const maxBytes = 1_048_576;

/** Files that cannot be read, or hold something else than they should; all of them. */
export async function checkFiles(config: Config): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { path, file, holds } of filesOf(config)) {
    const { pattern, problem } = labels[holds];
    try {
      if (!pattern.test(await beginningOf(file))) findings.push({ path, message: `${file} ${problem}` });
    } catch (cause) {
      findings.push({ path, message: `${file} cannot be read: ${reasonOf(cause)}` });
    }
  }
  return findings;
}

async function beginningOf(file: string): Promise<string> {
  await using handle = await open(file, 'r');
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
  return buffer.toString('latin1', 0, bytesRead);
}
