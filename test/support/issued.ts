import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CaFolder, openCaFolder } from '../../src/pki/folder/ca-folder.ts';
import { issueInFolder } from '../../src/pki/folder/operations.ts';

/** The certificates directory of a broker, to issue and revoke in as `viaduct pki` does. */
export const caFolder = (
  directory: string,
  options: { readonly crlLifetimeMs?: number; readonly now?: () => number } = {},
): CaFolder =>
  openCaFolder({
    directory,
    now: options.now ?? Date.now,
    by: 'test',
    crlLifetimeMs: options.crlLifetimeMs ?? 604_800_000,
  });

/** A client certificate as files, for programs that take paths. */
export interface IssuedFiles extends AsyncDisposable {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly leaf: string;
  readonly key: string;
  readonly serialNumber: string;
}

export async function issueClient(
  folder: CaFolder,
  commonName: string,
  more: { readonly notAfter?: number } = {},
): Promise<IssuedFiles> {
  const { cert, leaf, key, entry } = await issueInFolder(folder, 'client', { commonName, ...more });
  const directory = await mkdtemp(join(tmpdir(), 'viaduct-client-'));
  const certFile = join(directory, 'client.pem');
  const keyFile = join(directory, 'client.key');
  await writeFile(certFile, cert);
  await writeFile(keyFile, key, { mode: 0o600 });
  return {
    certFile,
    keyFile,
    cert,
    leaf,
    key,
    serialNumber: entry.serialNumber,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
