import { mkdir } from 'node:fs/promises';
import { messageOf, StoreError } from '../../kernel/errors.ts';
import type { StoreDeps } from '../drop.ts';
import type { StoreLimits } from '../schema.ts';
import type { Durability } from './batch.ts';
import { type Contents, loadContents } from './contents.ts';
import { damaged } from './damaged.ts';
import { checkDataFile } from './data-file.ts';
import { Environment } from './environment.ts';
import { type FolderLock, lockFolder } from './lock.ts';
import { bringUpToDate } from './schema-version.ts';

export interface DiskOptions {
  /** Made if it is missing. */
  readonly directory: string;
  readonly durability: Durability;
  readonly limits: StoreLimits;
}

/** The files of a folder, opened and locked. */
export class OpenedStore {
  readonly environment: Environment;
  readonly lock: FolderLock;
  readonly #options: DiskOptions;
  readonly #deps: StoreDeps;
  #contents: Contents;

  private constructor(environment: Environment, lock: FolderLock, options: DiskOptions, deps: StoreDeps) {
    this.environment = environment;
    this.lock = lock;
    this.#options = options;
    this.#deps = deps;
    this.#contents = this.#load();
  }

  /** @throws StoreError store-in-use, store-damaged, store-newer, store-unavailable */
  static async open(options: DiskOptions, deps: StoreDeps): Promise<OpenedStore> {
    const { directory } = options;
    await mkdir(directory, { recursive: true }).catch((cause: unknown) => {
      throw unusable(directory, cause);
    });
    const lock = await lockFolder(directory).catch((cause: unknown) => {
      throw cause instanceof StoreError ? cause : unusable(directory, cause);
    });
    let environment: Environment | undefined;
    try {
      await checkDataFile(directory);
      environment = openFiles(directory);
      bringUpToDate(environment);
      return new OpenedStore(environment, lock, options, deps);
    } catch (cause) {
      await environment?.close();
      await lock.release();
      throw cause instanceof StoreError ? cause : unusable(directory, cause);
    }
  }

  /** Made again after a commit that failed. */
  get contents(): Contents {
    return this.#contents;
  }

  async close(): Promise<void> {
    await this.#contents.batch.close();
    await this.environment.close();
    await this.lock.release();
  }

  #load(): Contents {
    const { durability, limits } = this.#options;
    return loadContents(this.environment, { durability, limits, onFailed: () => this.#reload() }, this.#deps);
  }

  #reload(): void {
    for (const owner of this.#contents.owners.all()) owner.state = 'lost';
    this.#contents = this.#load();
  }
}

function openFiles(directory: string): Environment {
  try {
    return new Environment(directory);
  } catch (cause) {
    if (/MDB_(INVALID|CORRUPTED|VERSION_MISMATCH|PAGE_NOTFOUND)/.test(messageOf(cause)))
      throw damaged(`the files in ${directory} cannot be read: ${messageOf(cause)}`, cause);
    throw cause;
  }
}

const unusable = (directory: string, cause: unknown): StoreError =>
  new StoreError('store-unavailable', `store.directory ${directory} cannot be used: ${messageOf(cause)}`, { cause });
