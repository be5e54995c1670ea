import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, messageOf, StartError, systemCode } from '../kernel/errors.ts';
import { type FileName, isPrivate } from './files.ts';

/** Exists while a process makes files; holds those that are not complete yet. */
const workFolder = '.making';

export interface LockOptions {
  /** Between two tries for the lock. */
  readonly retryMs: number;
  /** A lock that stands longer is left from a process that died; making everything takes about half a second. */
  readonly staleMs: number;
}

const defaultLock: LockOptions = { retryMs: 50, staleMs: 10_000 };

/**
 * Runs a task that makes files in the directory, one process at a time, and takes the traces of a died one away.
 * @param task gets the folder for incomplete files.
 */
export async function whileMaking<T>(
  directory: string,
  task: (work: string) => Promise<T>,
  { retryMs, staleMs }: LockOptions = defaultLock,
): Promise<T> {
  const work = join(directory, workFolder);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    let waitedMs = 0;
    while (!(await tryLock(work))) {
      if (waitedMs >= staleMs) {
        await rm(work, { recursive: true, force: true });
        waitedMs = 0;
      } else {
        await delay(retryMs);
        waitedMs += retryMs;
      }
    }
    try {
      return await task(work);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
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

async function tryLock(work: string): Promise<boolean> {
  try {
    await mkdir(work, { mode: 0o700 });
    return true;
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') return false;
    throw cause;
  }
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
    files.map(async ([name, bytes]) => {
      const file = await open(join(work, name), 'wx', isPrivate(name) ? 0o600 : 0o644);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
    }),
  );
  for (const [name] of files) await moveNew(join(work, name), join(directory, name));
}

const withoutHardLinks: ReadonlySet<string | undefined> = new Set([
  'EPERM',
  'ENOTSUP',
  'ENOSYS',
  'EOPNOTSUPP',
  'EMLINK',
]);

/** A hard link fails where the target exists; a rename would replace it. */
async function moveNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (cause) {
    if (!withoutHardLinks.has(systemCode(cause))) throw cause;
    await rename(from, to); // a file system without hard links; the lock still keeps other processes off
  }
}
