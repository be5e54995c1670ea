import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError, systemCode } from '../../../kernel/errors.ts';
import { checkDataFile } from '../files/data-file.ts';
import type { Environment } from '../files/environment.ts';
import { type FolderLock, lockFolder } from '../files/lock.ts';
import { requireReadable } from '../files/schema-version.ts';
import { openFiles, unusable } from '../opened-store.ts';

/** The files of a store that no broker uses. Disposing it closes them and lets the next one in. */
export interface OfflineStore extends AsyncDisposable {
  readonly directory: string;
  readonly environment: Environment;
  /** 0 for a store that never held anything. */
  readonly version: number;
}

/**
 * Opens a store for reading while no broker runs on it, and keeps brokers away meanwhile.
 *
 * @param options.isThorough reads every page of the file first.
 * @throws StoreError store-in-use, store-damaged, store-newer, store-unavailable
 */
export async function openOffline(directory: string, options: { isThorough?: boolean } = {}): Promise<OfflineStore> {
  if (!(await hasDataFile(directory)))
    throw new StoreError('store-unavailable', `there is no store in ${directory}; give its folder with --directory`);
  return openLocked(directory, async () => {
    await checkDataFile(directory, options);
    const environment = openFiles(directory);
    return { environment, version: requireReadable(environment) };
  });
}

/** Takes the folder, then opens; gives it back when that fails. */
export async function openLocked(
  directory: string,
  open: () => Promise<Pick<OfflineStore, 'environment' | 'version'>>,
): Promise<OfflineStore> {
  const lock = await lockFolder(directory).catch((cause: unknown) => {
    throw cause instanceof StoreError ? inUse(cause) : unusable(directory, cause);
  });
  try {
    const opened = await open();
    return { directory, ...opened, [Symbol.asyncDispose]: () => close(opened.environment, lock) };
  } catch (cause) {
    await lock.release();
    throw cause instanceof StoreError ? cause : unusable(directory, cause);
  }
}

async function hasDataFile(directory: string): Promise<boolean> {
  try {
    return (await stat(join(directory, 'data.mdb'))).isFile();
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return false;
    throw unusable(directory, cause);
  }
}

async function close(environment: Environment, lock: FolderLock): Promise<void> {
  try {
    await environment.close();
  } finally {
    await lock.release();
  }
}

const inUse = (cause: StoreError): StoreError =>
  cause.code === 'store-in-use'
    ? new StoreError(
        'store-in-use',
        `process ${String(cause.details['pid'])} uses the store; it is read only while no broker runs on it: stop the broker, or copy its folder while it is stopped`,
        { cause, details: cause.details },
      )
    : cause;
