import type { StoredPacket } from '../../broker/session-store.ts';
import { StoreError } from '../../kernel/errors.ts';
import { bytesOf } from '../detach.ts';
import { storeRefused } from '../limits.ts';
import type { Contents } from './contents.ts';
import { DiskSpace } from './disk-space.ts';
import { type DiskOptions, OpenedStore, type OpenedStoreDeps } from './opened-store.ts';

/** The way of the store's methods to what it holds. */
export class Access {
  readonly #options: DiskOptions;
  readonly #deps: OpenedStoreDeps;
  readonly #space: DiskSpace;
  #opened: OpenedStore | undefined;
  #isClosed = false;

  constructor(options: DiskOptions, deps: OpenedStoreDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#space = new DiskSpace(options.directory, { reusableBytes: () => this.files.environment.reusableBytes() });
  }

  async open(): Promise<void> {
    this.#opened = await OpenedStore.open(this.#options, this.#deps);
  }

  /** @throws StoreError store-unavailable before it is open and after it is closed. */
  get files(): OpenedStore {
    if (this.#opened === undefined || this.#isClosed)
      throw new StoreError('store-unavailable', 'the store is not open');
    return this.#opened;
  }

  get contents(): Contents {
    return this.files.contents;
  }

  get isOpen(): boolean {
    return this.#opened !== undefined && !this.#isClosed;
  }

  /** Changes something now, and keeps the promise when that is safe. What `change` throws becomes the rejection. */
  write<T>(change: (contents: Contents) => T): Promise<T> {
    try {
      const { contents } = this;
      return contents.batch.done(change(contents));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** @param copies how often the message will stand on disk. @throws StoreError store-full */
  requireRoom(packet: StoredPacket, copies: number): void {
    const { queues, retained } = this.contents;
    const { limits, directory } = this.#options;
    const size = bytesOf(packet);
    const isFull = queues.total.bytes + retained.total.bytes + size > limits.maxBytes;
    if (!isFull && this.#space.hasRoom(size * copies)) return;
    this.#deps.onDropped({ reason: 'refused', topic: packet.topic });
    if (isFull) throw storeRefused(limits);
    throw new StoreError('store-full', `the disk of store.directory ${directory} is full; the message was refused`);
  }

  async close(): Promise<void> {
    const closing = this.isOpen ? this.#opened : undefined;
    this.#isClosed = true;
    await closing?.close();
  }
}
