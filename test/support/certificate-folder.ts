import { basename } from 'node:path';
import { type FileName, fileNames } from '../../src/pki/files.ts';
import { type CertificateSet, ensureCertificates } from '../../src/pki/folder/ensure.ts';
import { type Authority, createAuthority } from '../../src/pki/issue/authority.ts';

export const day = 86_400_000;
/** When everything in the folder was made. */
export const madeAt = Date.UTC(2026, 5, 1);
export const clockAt = (ms: number): { now: () => number } => ({ now: () => ms });
export const localhost = [{ type: 'dns', value: 'localhost' }] as const;

/** One difference to a complete folder; `undefined` takes a file away. */
export interface Change {
  readonly files?: Partial<Record<FileName, string | undefined>>;
  readonly modes?: Partial<Record<FileName, number>>;
  readonly names?: readonly string[];
  /** Milliseconds since the epoch; `madeAt` when left out. */
  readonly now?: number;
}

/** A certificates directory in memory. Nothing is ever missing from it that could be made, so nothing is written. */
export interface CertificateFolder {
  readonly authority: Authority;
  readonly files: Readonly<Record<FileName, string>>;
  start(change?: Change): Promise<CertificateSet>;
  /** What a start says that must fail: `code: message`. */
  refusal(change: Change): Promise<string>;
}

export async function certificateFolder(): Promise<CertificateFolder> {
  const authority = await createAuthority(clockAt(madeAt));
  const files = await filesOf(authority);
  const start = (change: Change = {}): Promise<CertificateSet> => {
    const texts = new Map(Object.entries({ ...files, ...change.files }));
    const modes = new Map(Object.entries(change.modes ?? {}));
    return ensureCertificates({
      directory: '/srv/certs',
      names: change.names ?? [],
      hostname: 'box',
      ...clockAt(change.now ?? madeAt),
      read: (path) => {
        const name = basename(path);
        const text = texts.get(name);
        return Promise.resolve(
          text === undefined ? undefined : { bytes: Buffer.from(text), mode: modes.get(name) ?? 0o600 },
        );
      },
    });
  };
  return {
    authority,
    files,
    start,
    refusal: (change) =>
      start(change).then(
        () => 'it started',
        (error: unknown) =>
          `${String(Reflect.get(Object(error), 'code'))}: ${String(Reflect.get(Object(error), 'message'))}`,
      ),
  };
}

async function filesOf(authority: Authority): Promise<Record<FileName, string>> {
  const { root, intermediate, caChain } = authority;
  const server = await authority.issueServer({ commonName: 'localhost', altNames: localhost });
  const client = await authority.issueClient({ commonName: 'client-demo' });
  return {
    'root-ca.key': root.key,
    'root-ca.pem': root.certificate,
    'intermediate-ca.key': intermediate.key,
    'intermediate-ca.pem': intermediate.certificate,
    'ca-chain.pem': caChain,
    'server.key': server.key,
    'server.pem': server.cert,
    'client-demo.key': client.key,
    'client-demo.pem': client.cert,
    'client-demo.p12': 'not read',
  };
}

/** The change that leaves only these files in the folder. */
export const onlyFiles = (files: Partial<Record<FileName, string>>): Pick<Change, 'files'> => ({
  files: { ...absent, ...files },
});

const absent: Partial<Record<FileName, undefined>> = Object.fromEntries(fileNames.map((name) => [name, undefined]));
