import type { StoreError } from '../../kernel/errors.ts';
import { Batch, type Durability } from '../disk/files/batch.ts';
import { DiskSpace } from '../disk/files/disk-space.ts';
import type { Environment } from '../disk/files/environment.ts';
import type { FolderLock } from '../disk/files/lock.ts';
import { bringUpToDate } from '../disk/files/schema-version.ts';
import { type OpenedStoreDeps, openFolder } from '../disk/opened-store.ts';
import { entryKey, readShelf, type Shelf, writeShelf } from './record.ts';

/** Rises with every change of the records; it is not the version of the store beside it. */
const outboxVersion = 1;

/** The files of the outbox, opened and locked. */
export class OpenedOutbox {
  readonly space: DiskSpace;
  readonly #environment: Environment;
  readonly #lock: FolderLock;
  readonly #durability: Durability;
  readonly #onFailed: (error: StoreError) => void;
  readonly #changed = new Set<string>();
  #shelves: Map<string, Shelf>;
  #batch: Batch;

  private constructor(
    directory: string,
    files: { readonly environment: Environment; readonly lock: FolderLock },
    durability: Durability,
    onFailed: (error: StoreError) => void,
  ) {
    this.#environment = files.environment;
    this.#lock = files.lock;
    this.#durability = durability;
    this.#onFailed = onFailed;
    this.space = new DiskSpace(directory, { reusableBytes: () => files.environment.reusableBytes() });
    this.#shelves = this.#load();
    this.#batch = this.#newBatch();
  }

  /** @throws StoreError store-in-use, store-damaged, store-newer, store-unavailable */
  static open(
    directory: string,
    durability: Durability,
    { onFailed, onMended }: Pick<OpenedStoreDeps, 'onFailed' | 'onMended'>,
  ): Promise<OpenedOutbox> {
    return openFolder(directory, { onMended }, (environment, lock) => {
      bringUpToDate(environment, new Map(), outboxVersion);
      return new OpenedOutbox(directory, { environment, lock }, durability, onFailed);
    });
  }

  get shelves(): ReadonlyMap<string, Readonly<Shelf>> {
    return this.#shelves;
  }

  shelf(rule: string): Readonly<Shelf> {
    return this.#shelf(rule);
  }

  get(rule: string, number: number): Buffer | undefined {
    return this.#batch.get('queue', entryKey(rule, number));
  }

  /** Kept when it is committed. */
  async append(rule: string, value: Buffer): Promise<void> {
    const shelf = this.#shelf(rule);
    this.#batch.put('queue', entryKey(rule, shelf.next), value, true);
    shelf.next += 1;
    shelf.bytes += value.length;
    this.#changed.add(rule);
    await this.#batch.done(undefined);
  }

  removeOldest(rule: string): void {
    const shelf = this.#shelf(rule);
    const bytes = this.get(rule, shelf.first)?.length ?? 0;
    this.#batch.remove('queue', entryKey(rule, shelf.first));
    shelf.bytes = Math.max(0, shelf.bytes - bytes);
    shelf.first += 1;
    this.#changed.add(rule);
  }

  /** To be called every second: what was committed goes to the disk, and others see that this process lives. */
  async step(): Promise<void> {
    this.#batch.commitNow();
    this.#batch.flush();
    await this.#lock.touch();
  }

  async close(): Promise<void> {
    await this.#batch.close();
    await this.#environment.close();
    await this.#lock.release();
  }

  #shelf(rule: string): Shelf {
    const found = this.#shelves.get(rule) ?? { first: 0, next: 0, bytes: 0 };
    this.#shelves.set(rule, found);
    return found;
  }

  /** A size is written once for all changes of a commit. */
  #newBatch(): Batch {
    const batch: Batch = new Batch({
      environment: this.#environment,
      durability: this.#durability,
      onFailed: (error) => {
        this.#onFailed(error);
        this.#changed.clear();
        this.#shelves = this.#load();
        this.#batch = this.#newBatch();
      },
      onFlushFailed: this.#onFailed,
      onCommit: () => {
        for (const rule of this.#changed) batch.put('sizes', Buffer.from(rule), writeShelf(this.#shelf(rule)));
        this.#changed.clear();
      },
    });
    return batch;
  }

  #load(): Map<string, Shelf> {
    return new Map(
      Array.from(this.#environment.all('sizes'), ({ key, value }) => [key.toString(), readShelf(value)] as const),
    );
  }
}
