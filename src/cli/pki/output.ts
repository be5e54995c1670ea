import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError, messageOf, systemCode } from '../../kernel/errors.ts';
import { createFile } from '../../kernel/files.ts';

/** A file that a command writes; keys are for their owner alone. */
export interface OutputFile {
  readonly path: string;
  readonly content: Buffer | string;
  readonly isSecret: boolean;
}

/** The start of file names for a certificate: what stands for its subject and is safe in every file system. */
export function fileBase(commonName: string): string {
  const base = commonName
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^[._]+/, '')
    .slice(0, 64);
  return base === '' ? 'certificate' : base;
}

/** Before anything is issued: nothing that exists is overwritten. @throws AppError `certificate-unwritable`. */
export async function requireFree(paths: readonly string[], cure: string): Promise<void> {
  for (const path of paths) {
    const isThere = await stat(path).then(
      () => true,
      (cause: unknown) => systemCode(cause) !== 'ENOENT',
    );
    if (isThere) throw new AppError('certificate-unwritable', `${path} exists, and nothing is overwritten; ${cure}`);
  }
}

/** Writes new files, each whole or not at all. @throws AppError `certificate-unwritable`. */
export async function writeFiles(files: readonly OutputFile[]): Promise<readonly string[]> {
  for (const { path, content, isSecret } of files) {
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await createFile(path, content, isSecret ? 0o600 : 0o644);
    } catch (cause) {
      const reason = systemCode(cause) === 'EEXIST' ? 'it exists, and nothing is overwritten' : messageOf(cause);
      throw new AppError(
        'certificate-unwritable',
        `${path} cannot be written: ${reason}; choose another place with --out`,
        { cause },
      );
    }
  }
  return files.map(({ path }) => path);
}

/** The key that stands beside a certificate by custom. */
export const keyPathOf = (certificatePath: string): string => certificatePath.replace(/\.[^./\\]+$/, '') + '.key';

/** Certificate and key of a new identity in a folder. */
export const pairPaths = (directory: string, base: string): { readonly cert: string; readonly key: string } => ({
  cert: join(directory, `${base}.pem`),
  key: join(directory, `${base}.key`),
});
