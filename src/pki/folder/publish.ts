import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, messageOf, StartError, systemCode } from '../../kernel/errors.ts';
import { type LockOptions, moveNew, whileLocked, writeSynced } from '../../kernel/files.ts';
import { type FileName, isPrivate } from '../files.ts';

/** Exists while a process makes files; holds those that are not complete yet. */
const workFolder = '.making';

/**
 * Runs a task that makes files in the directory, one process at a time, and takes the traces of a died one away.
 * @param task gets the folder for incomplete files.
 */
export async function whileMaking<T>(
  directory: string,
  task: (work: string) => Promise<T>,
  lock?: LockOptions,
): Promise<T> {
  const work = join(directory, workFolder);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return await whileLocked(work, () => task(work), lock);
  } catch (cause) {
    if (systemCode(cause) === undefined || cause instanceof AppError) throw cause;
    throw unwritable(directory, cause);
  }
}

function unwritable(directory: string, cause: unknown): StartError {
  const cure =
    systemCode(cause) === 'EEXIST'
      ? 'another program writes there too; start again'
      : 'make the folder writable, put the missing files there, or set certificates.directory to another';
  const message = `certificates cannot be written to ${directory}: ${messageOf(cause)}; ${cure}`;
  return new StartError('certificate-unwritable', message, { cause, details: { directory } });
}

/**
 * Writes new files: first all of them aside and down to the disk, then each under its name at once. A file that exists is
 * never replaced, and at no moment can half a file be seen.
 * @param work folder on the same file system.
 * @throws a system error `EEXIST` when a file has come up meanwhile.
 */
export async function publishFiles(
  directory: string,
  work: string,
  files: readonly (readonly [FileName, Buffer])[],
): Promise<void> {
  await Promise.all(
    files.map(([name, bytes]) => writeSynced(join(work, name), bytes, isPrivate(name) ? 0o600 : 0o644)),
  );
  for (const [name] of files) await moveNew(join(work, name), join(directory, name));
}
