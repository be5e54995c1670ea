import { messageOf, StoreError } from '../../kernel/errors.ts';
import type { StoreDeps } from '../drop.ts';
import type { StoreLimits } from '../schema.ts';
import { type Contents, loadContents } from './contents.ts';
import type { Durability } from './files/batch.ts';
import { damaged } from './files/damaged.ts';
import { checkDataFile } from './files/data-file.ts';
import { Environment } from './files/environment.ts';
import { type FolderLock, lockFolder } from './files/lock.ts';
import { requirePrivate, restrictFiles } from './files/private-files.ts';
import { bringUpToDate } from './files/schema-version.ts';

export interface DiskOptions {
  /** Made if it is missing. */
  readonly directory: string;
  readonly durability: Durability;
  readonly limits: StoreLimits;
}

export interface OpenedStoreDeps extends StoreDeps {
  /** Something could not be written or read back; for the log. */
  readonly onFailed: (error: StoreError) => void;
  /** Others could read these files, and cannot any more; for the log. */
  readonly onMended: (paths: readonly string[]) => void;
}

/** The files of a folder, opened and locked. */
export class OpenedStore {
  readonly environment: Environment;
  readonly lock: FolderLock;
  readonly #options: DiskOptions;
  readonly #deps: OpenedStoreDeps;
  #contents: Contents | StoreError;

  private constructor(environment: Environment, lock: FolderLock, options: DiskOptions, deps: OpenedStoreDeps) {
    this.environment = environment;
    this.lock = lock;
    this.#options = options;
    this.#deps = deps;
    this.#contents = this.#load();
  }

  /** @throws StoreError store-in-use, store-damaged, store-newer, store-unavailable */
  static open(options: DiskOptions, deps: OpenedStoreDeps): Promise<OpenedStore> {
    return openFolder(options.directory, deps, (environment, lock) => {
      bringUpToDate(environment);
      return new OpenedStore(environment, lock, options, deps);
    });
  }

  /** Made again after a commit that failed. @throws StoreError when that failed too. */
  get contents(): Contents {
    if (this.#contents instanceof StoreError) throw this.#contents;
    return this.#contents;
  }

  async close(): Promise<void> {
    if (!(this.#contents instanceof StoreError)) await this.#contents.batch.close();
    await this.environment.close();
    await this.lock.release();
  }

  #load(): Contents {
    const { durability, limits } = this.#options;
    const onFailed = (error: StoreError): void => this.#reload(error);
    return loadContents(
      this.environment,
      { durability, limits, onFailed, onFlushFailed: this.#deps.onFailed },
      this.#deps,
    );
  }

  #reload(error: StoreError): void {
    this.#deps.onFailed(error);
    for (const owner of this.contents.owners.all()) owner.state = 'lost';
    try {
      this.#contents = this.#load();
    } catch (cause) {
      this.#contents = cause instanceof StoreError ? cause : unusable(this.#options.directory, cause);
      this.#deps.onFailed(this.#contents);
    }
  }
}

/**
 * Locks a folder, which is made if it is missing and kept from others, and opens its files; when that or `use` fails nothing stays open.
 * @throws StoreError store-in-use, store-damaged, store-unavailable, or that of `use`
 */
export async function openFolder<T>(
  directory: string,
  { onMended }: Pick<OpenedStoreDeps, 'onMended'>,
  use: (environment: Environment, lock: FolderLock) => T,
): Promise<T> {
  let lock: FolderLock | undefined;
  let environment: Environment | undefined;
  try {
    const mended = await requirePrivate(directory);
    if (mended.length > 0) onMended(mended);
    lock = await lockFolder(directory);
    await checkDataFile(directory);
    environment = openFiles(directory);
    return use(environment, lock);
  } catch (cause) {
    await environment?.close();
    await lock?.release();
    throw cause instanceof StoreError ? cause : unusable(directory, cause);
  }
}

/** @throws StoreError store-damaged, or an Error of LMDB. */
export function openFiles(directory: string): Environment {
  try {
    const environment = new Environment(directory);
    restrictFiles(directory);
    return environment;
  } catch (cause) {
    if (/MDB_(INVALID|CORRUPTED|VERSION_MISMATCH|PAGE_NOTFOUND)/.test(messageOf(cause)))
      throw damaged(`the files in ${directory} cannot be read: ${messageOf(cause)}`, cause);
    throw cause;
  }
}

/** The folder is not there, or its rights are wrong. */
export const unusable = (directory: string, cause: unknown): StoreError =>
  new StoreError('store-unavailable', `store.directory ${directory} cannot be used: ${messageOf(cause)}`, { cause });
