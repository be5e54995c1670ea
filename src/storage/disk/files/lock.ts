import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../../kernel/clock.ts';
import { StoreError, systemCode } from '../../../kernel/errors.ts';

/** Who uses the folder. */
interface Holder {
  readonly pid: number;
  /** When the process began, as its system counts; tells it from a later one with the same number. */
  readonly started: string;
  /** Within which process numbers mean something: one host, one container. */
  readonly place: string;
  readonly token: string;
}

/** Keeps others away from a folder until it is released. */
export interface FolderLock {
  /** Shows holders in other containers that this one lives; to be called every second or so. */
  touch(): Promise<void>;
  release(): Promise<void>;
}

/** A holder elsewhere that was silent for so long is taken for dead. */
const silenceMs = 10_000;

/**
 * Takes the folder for this process. The lock of a process that is gone, by kill -9 or a power loss, is taken over.
 *
 * @throws StoreError store-in-use
 */
export async function lockFolder(folder: string, { now }: Pick<Clock, 'now'> = systemClock): Promise<FolderLock> {
  const file = join(folder, 'viaduct.lock');
  const own: Holder = { pid: process.pid, started: startOf(process.pid) ?? '', place: placeOf(), token: randomUUID() };
  const draft = join(folder, `viaduct.lock.${own.token}`);
  await writeFile(draft, `${JSON.stringify(own)}\n`, { mode: 0o600 });
  try {
    for (let attempt = 0; ; attempt += 1) {
      if (await isFirst(draft, file)) break;
      await removeDead(file, own, { attempt, now });
    }
  } finally {
    await rm(draft, { force: true });
  }
  let isHeld = true;
  return {
    async touch() {
      if (isHeld) await utimes(file, now() / 1_000, now() / 1_000).catch(() => undefined);
    },
    async release() {
      if (!isHeld) return;
      isHeld = false;
      if ((await holderOf(file))?.token === own.token) await rm(file, { force: true });
    },
  };
}

/** A link is made by one of those who try at the same time, and has its contents from the start. */
async function isFirst(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') return false;
    throw cause;
  }
}

interface Attempt {
  /** From 0 on. */
  readonly attempt: number;
  readonly now: () => number;
}

async function removeDead(file: string, own: Holder, { attempt, now }: Attempt): Promise<void> {
  const holder = await holderOf(file);
  if (holder !== undefined && (attempt > 3 || (await isAlive(holder, file, own, now)))) throw inUse(holder, file);
  // moved away first: of those who try at the same time one succeeds, and sees what it moved
  const grave = `${file}.${own.token}`;
  try {
    await rename(file, `${grave}.dead`);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return;
    throw cause;
  }
  const moved = await holderOf(`${grave}.dead`);
  if (moved !== undefined && moved.token !== holder?.token) await link(`${grave}.dead`, file).catch(() => undefined);
  await rm(`${grave}.dead`, { force: true });
}

async function holderOf(file: string): Promise<Holder | undefined> {
  try {
    const holder: Holder = JSON.parse(await readFile(file, 'utf8'));
    return holder;
  } catch {
    return undefined; // gone, or not written whole before a power loss
  }
}

async function isAlive(holder: Holder, file: string, own: Holder, now: () => number): Promise<boolean> {
  if (holder.place === own.place) return startOf(holder.pid) === holder.started;
  const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: 0 }));
  return now() - mtimeMs < silenceMs;
}

/** Of Linux; elsewhere a process that exists is taken for the holder. */
function startOf(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state = '', ...more] = fields.slice(fields.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : more[18]; // ended, and not waited for yet
  } catch {
    return process.platform === 'linux' ? undefined : exists(pid);
  }
}

function exists(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
    return 'unknown';
  } catch (cause) {
    return systemCode(cause) === 'EPERM' ? 'unknown' : undefined;
  }
}

function placeOf(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

const inUse = ({ pid, place }: Holder, file: string): StoreError =>
  new StoreError(
    'store-in-use',
    `process ${pid} uses the folder (${file}); stop it, or choose another store.directory`,
    { details: { pid, place } },
  );
