import type { AlsoKept, QueueTarget, StoredMessage, StoredSubscription } from '../../broker/store-port.ts';
import { StoreError } from '../../kernel/errors.ts';
import { bytesOf } from '../detach.ts';
import { copiesOf, keptBytes, requireSubscriptionRoom, storeRefused } from '../limits.ts';
import type { Contents } from './contents.ts';
import { DiskSpace } from './files/disk-space.ts';
import { type DiskOptions, OpenedStore, type OpenedStoreDeps } from './opened-store.ts';

/** The way of the store's methods to what it holds. */
export class StoreAccess {
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

  /** For a message that is to be kept. @throws StoreError store-full */
  requireRoom(packet: StoredMessage, targets: readonly QueueTarget[], also: AlsoKept): void {
    const size = bytesOf(packet);
    const copies = copiesOf(packet, targets, also);
    const bytes = keptBytes(copies, size, also);
    if (bytes > 0) this.#requireBytes(bytes, packet.topic);
    if (copies === 0 || this.#space.hasRoom(size * copies)) return;
    this.#deps.onDropped({ reason: 'refused', topic: packet.topic });
    throw new StoreError(
      'store-full',
      `the disk of store.directory ${this.#options.directory} is full; the message was refused`,
    );
  }

  /** @param bytes of records that are added. @throws StoreError store-full */
  requireRecordRoom(bytes: number): void {
    if (bytes > 0) this.#requireBytes(bytes);
  }

  /** @throws StoreError store-full */
  requireSubscriptionRoom(clientId: string, added: readonly StoredSubscription[]): void {
    const { subscriptions } = this.contents;
    const more = subscriptions.growthOf(clientId, added);
    requireSubscriptionRoom(clientId, { held: subscriptions.bytes, more }, this.#options.limits, this.#deps);
    this.requireRecordRoom(more);
  }

  #requireBytes(bytes: number, topic?: string): void {
    const { queues, retained, owners, subscriptions, inbound, wills } = this.contents;
    const records = owners.bytes + subscriptions.bytes + inbound.bytes + wills.bytes;
    if (queues.total.bytes + retained.total.bytes + records + bytes <= this.#options.limits.maxBytes) return;
    this.#deps.onDropped({ reason: 'refused', ...(topic === undefined ? {} : { topic }) });
    throw storeRefused(this.#options.limits);
  }

  async close(): Promise<void> {
    const closing = this.isOpen ? this.#opened : undefined;
    this.#isClosed = true;
    await closing?.close();
  }
}
