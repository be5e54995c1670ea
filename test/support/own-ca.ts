import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CaFolder, type CaFolderOptions, openCaFolder } from '../../src/pki/folder/ca-folder.ts';
import { type AuthorityOptions, caChainOf, createIntermediate, createRoot } from '../../src/pki/issue/authority.ts';
import type { NewCa } from '../../src/pki/issue/ca-request.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A certificates directory with a new root and intermediate, and nothing else. */
export interface OwnCaFolder extends AsyncDisposable {
  readonly folder: CaFolder;
  readonly directory: string;
  /** Path of a file in it. */
  file(name: string): string;
  /** Writes a file into it. @returns its path. */
  write(name: string, content: string | Buffer): Promise<string>;
  /** The same directory for somebody else, as another process opens it. */
  open(options?: Partial<CaFolderOptions>): CaFolder;
}

export interface OwnCaOptions extends NewCa {
  /** PEM of a key for root and intermediate, where making two takes long. */
  readonly key?: string;
  readonly folder?: Partial<CaFolderOptions>;
}

export async function ownCaFolder({
  folder: options = {},
  constraints,
  key,
  ...ca
}: OwnCaOptions = {}): Promise<OwnCaFolder> {
  const temporary = await temporaryDirectory();
  const directory = temporary.path;
  const now = options.now ?? Date.now;
  const making: AuthorityOptions = { now };
  const root = await createRoot(making, key, ca);
  const intermediate = await createIntermediate(root, making, key, {
    ...ca,
    ...(constraints && { constraints }),
  });
  const file = (name: string): string => join(directory, name);
  const write = async (name: string, content: string | Buffer): Promise<string> => {
    await writeFile(file(name), content, { mode: 0o600 });
    return file(name);
  };
  const open = (more: Partial<CaFolderOptions> = {}): CaFolder =>
    openCaFolder({ directory, now, by: 'test', crlLifetimeMs: 604_800_000, ...options, ...more });
  await write('root-ca.pem', root.certificate);
  await write('root-ca.key', root.key);
  await write('intermediate-ca.pem', intermediate.certificate);
  await write('intermediate-ca.key', intermediate.key);
  await write('ca-chain.pem', caChainOf(intermediate.certificate, root.certificate));
  return {
    folder: open(),
    directory,
    file,
    write,
    open,
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}
