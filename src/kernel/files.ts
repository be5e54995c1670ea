import { randomUUID } from 'node:crypto';
import { link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { systemCode } from './errors.ts';

export interface LockOptions {
  /** Between two tries for the lock. */
  readonly retryMs: number;
  /** A lock that stands longer is left from a process that died; making everything takes about half a second. */
  readonly staleMs: number;
}

const defaultLock: LockOptions = { retryMs: 50, staleMs: 10_000 };

/**
 * Runs a task while no other process runs one under the same lock, and takes the lock of a died one away.
 * @param lock folder that exists meanwhile; the one that it stands in must be there. What the task puts into it goes with it.
 */
export async function whileLocked<T>(
  lock: string,
  task: () => Promise<T>,
  { retryMs, staleMs }: LockOptions = defaultLock,
): Promise<T> {
  let waitedMs = 0;
  let holder: string | undefined;
  while (!(await tryLock(lock))) {
    const seen = await identityOf(lock);
    if (seen !== holder) {
      holder = seen; // another process has it now, or this one is at work
      waitedMs = 0;
    } else if (waitedMs >= staleMs) {
      await rm(lock, { recursive: true, force: true });
      waitedMs = 0;
    } else {
      await delay(retryMs);
      waitedMs += retryMs;
    }
  }
  try {
    return await task();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
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

/** Writes a file that must not exist yet, down to the disk. @param mode permission bits, e.g. 0o600. */
export async function writeSynced(path: string, bytes: Buffer | string, mode: number): Promise<void> {
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
export async function moveNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (cause) {
    if (!withoutHardLinks.has(systemCode(cause))) throw cause;
    await rename(from, to); // a file system without hard links; the lock still keeps other processes off
  }
}
