import { randomUUID } from 'node:crypto';
import { link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, messageOf, StartError, systemCode } from '../../kernel/errors.ts';
import { type FileName, isPrivate } from '../files.ts';

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
    let holder: string | undefined;
    while (!(await tryLock(work))) {
      const seen = await identityOf(work);
      if (seen !== holder) {
        holder = seen; // another process has it now, or this one is at work
        waitedMs = 0;
      } else if (waitedMs >= staleMs) {
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

/** Which lock it is that stands there: it changes with its holder, and with every file that the holder makes in it. */
async function identityOf(work: string): Promise<string | undefined> {
  const stats = await stat(work).catch(() => undefined); // gone meanwhile: the next try will tell
  return stats && `${stats.ino} ${stats.ctimeMs}`;
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
    files.map(([name, bytes]) => writeSynced(join(work, name), bytes, isPrivate(name) ? 0o600 : 0o644)),
  );
  for (const [name] of files) await moveNew(join(work, name), join(directory, name));
}

async function writeSynced(path: string, bytes: Buffer | string, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Writes one file under its name at once, aside first and down to the disk; one of that name is replaced.
 * @param mode permission bits, e.g. 0o600.
 */
export async function replaceFile(path: string, bytes: Buffer | string, mode: number): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await writeSynced(aside, bytes, mode);
    await rename(aside, path);
  } catch (cause) {
    await rm(aside, { force: true });
    throw cause;
  }
}

/** The same for a file that must not exist yet. @throws a system error `EEXIST` where it does. */
export async function createFile(path: string, bytes: Buffer | string, mode: number): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await writeSynced(aside, bytes, mode);
    await moveNew(aside, path);
  } finally {
    await rm(aside, { force: true });
  }
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
