import type { QueueKey, QueueTarget, StoredMessage } from '../../../broker/store-port.ts';
import { bytesOf } from '../../detach.ts';
import type { StoreDeps } from '../../drop.ts';
import { admit, emptySize, type Lapse, lapseAt, queueRefused, type Size } from '../../limits.ts';
import type { QueueDelivery } from '../../memory/client-queue.ts';
import { deliveries } from '../../memory/memory-queues.ts';
import type { QueueLimits } from '../../schema.ts';
import type { Batch } from '../files/batch.ts';
import type { Environment } from '../files/environment.ts';
import { endOfQueue, type OwnerNumber, queueKey, sequenceIn } from '../files/keys.ts';
import {
  encodeBody,
  encodeMessage,
  identityOf,
  type MessageBody,
  messageHead,
  releasedRecord,
  topicOfRecord,
} from './message-record.ts';
import type { Numbers } from './numbers.ts';
import type { Owner, Owners } from './owners.ts';
import { Identities, QueueIndex } from './queue-index.ts';

/** How many of the oldest messages of a full queue are looked up at once. */
const headRows = 256;

export interface QueuesDeps extends StoreDeps {
  readonly environment: Environment;
  readonly batch: Batch;
  readonly owners: Owners;
  readonly numbers: Numbers;
}

/** The outgoing queues of all sessions, on disk but for what `QueueIndex` says. */
export class DiskQueues {
  /** What is in all queues. */
  readonly total: Size = emptySize();
  /** Owners that are gone while messages of theirs stand in the table. */
  readonly orphans: OwnerNumber[] = [];
  readonly #limits: QueueLimits;
  readonly #deps: QueuesDeps;
  readonly #identities = new Identities();

  constructor(limits: QueueLimits, deps: QueuesDeps) {
    this.#limits = limits;
    this.#deps = deps;
  }

  /** Queues the message once for each client among the targets. @throws StoreError store-full; then for none. */
  push(targets: readonly QueueTarget[], packet: StoredMessage): void {
    if (targets.length === 0) return;
    const size = bytesOf(packet);
    const merged = deliveries(targets, packet);
    if (this.#limits.onFull === 'refuse') this.#refuseIfFull(merged.keys(), packet, size);
    const body = encodeBody(packet);
    for (const [clientId, delivery] of merged) {
      const owner = this.#deps.owners.require(clientId);
      if (owner.index?.has(packet) !== true && this.#makeRoom(owner, packet.topic, size))
        this.#add(owner, packet, delivery, body, size);
    }
  }

  markSent(clientId: string, key: QueueKey, packetId: number): void {
    this.#at(
      clientId,
      (index) => index.find(key),
      (owner, sequence) => {
        this.indexOf(owner).markSent(sequence, packetId);
        owner.changes += 1;
      },
    );
  }

  /** Only the PUBREL is left of it. */
  markReceived(clientId: string, packetId: number): void {
    this.#at(
      clientId,
      (index) => index.sentAs(packetId),
      (owner, sequence) => {
        owner.changes += 1;
        this.#release(owner, sequence);
      },
    );
  }

  settle(clientId: string, packetId: number): void {
    this.#at(
      clientId,
      (index) => index.sentAs(packetId),
      (owner, sequence) => this.#removeAt(owner, sequence),
    );
  }

  discard(clientId: string, key: QueueKey): void {
    this.#at(
      clientId,
      (index) => index.find(key),
      (owner, sequence) => {
        if (this.indexOf(owner).messageIdOf(sequence) === undefined) this.#removeAt(owner, sequence);
      },
    );
  }

  /** The queue of an owner that is no more; its messages leave the disk later, step by step. */
  forget(owner: Owner): void {
    this.total.messages -= owner.size.messages;
    this.total.bytes -= owner.size.bytes;
    if (owner.size.messages > 0) this.orphans.push(owner.number);
  }

  /** Removes the message if nobody needs to send it any more, and says so. */
  dropIfLapsed(owner: Owner, sequence: number, record: Buffer): boolean {
    const lapse = this.#lapseOf(record);
    if (lapse === undefined || this.#isSent(owner, sequence)) return false;
    this.remove(owner, sequence, record);
    this.#deps.onDropped({ reason: lapse, clientId: owner.clientId, topic: topicOfRecord(record) ?? '' });
    return true;
  }

  remove(owner: Owner, sequence: number, record: Buffer): void {
    const { batch } = this.#deps;
    const key = queueKey(owner.number, sequence);
    batch.remove('queue', key);
    if (owner.index === undefined) batch.remove('sent', key);
    else owner.index.remove(sequence, identityOf(record) ?? {});
    owner.changes += 1;
    this.#resize(owner, -1, -messageHead(record).size);
  }

  /** Where the messages of the owner stand; what was queued before it was asked for is read when it is needed. */
  indexOf(owner: Owner): QueueIndex {
    owner.index ??= new QueueIndex(owner.number, owner.size.messages === 0 ? 0 : this.#deps.numbers.sequence, {
      environment: this.#deps.environment,
      batch: this.#deps.batch,
      identities: this.#identities,
    });
    return owner.index;
  }

  /** Does it to the message where there is one. */
  #at(
    clientId: string,
    find: (index: QueueIndex) => number | undefined,
    change: (owner: Owner, sequence: number) => void,
  ): void {
    const owner = this.#deps.owners.find(clientId);
    const sequence = owner && find(this.indexOf(owner));
    if (owner !== undefined && sequence !== undefined) change(owner, sequence);
  }

  #removeAt(owner: Owner, sequence: number): void {
    const record = this.#deps.batch.get('queue', queueKey(owner.number, sequence));
    if (record !== undefined) this.remove(owner, sequence, record);
  }

  #isSent({ index, number }: Owner, sequence: number): boolean {
    if (index !== undefined) return index.messageIdOf(sequence) !== undefined;
    return this.#deps.batch.get('sent', queueKey(number, sequence)) !== undefined;
  }

  #add(owner: Owner, packet: StoredMessage, delivery: QueueDelivery, body: MessageBody, size: number): void {
    const sequence = this.#deps.numbers.nextSequence();
    const record = encodeMessage(packet, delivery, body, { queuedAt: this.#deps.now(), size });
    this.#deps.batch.put('queue', queueKey(owner.number, sequence), record, true);
    owner.index?.add(packet, sequence);
    this.#resize(owner, 1, size);
  }

  #release(owner: Owner, sequence: number): void {
    const key = queueKey(owner.number, sequence);
    const record = this.#deps.batch.get('queue', key);
    if (record === undefined || messageHead(record).isReleased) return;
    this.#deps.batch.put('queue', key, releasedRecord(record));
    this.#resize(owner, 0, -messageHead(record).size);
  }

  #resize(owner: Owner, messages: number, bytes: number): void {
    for (const size of [owner.size, this.total]) {
      size.messages += messages;
      size.bytes += bytes;
    }
    this.#deps.owners.resized(owner);
  }

  #refuseIfFull(clientIds: Iterable<string>, packet: StoredMessage, size: number): void {
    for (const clientId of clientIds) {
      const owner = this.#deps.owners.find(clientId);
      if (owner?.index?.has(packet) === true || admit(owner?.size ?? emptySize(), size, this.#limits) === 'fits')
        continue;
      this.#deps.onDropped({ reason: 'refused', clientId, topic: packet.topic });
      throw queueRefused(clientId, this.#limits);
    }
  }

  /** @returns whether the message is to be queued. */
  #makeRoom(owner: Owner, newTopic: string, size: number): boolean {
    for (;;) {
      const admission = admit(owner.size, size, this.#limits);
      if (admission === 'fits') return true;
      const topic = admission === 'drop-oldest' ? this.#dropOldest(owner) : newTopic;
      this.#deps.onDropped({
        reason: 'queue-full',
        clientId: owner.clientId,
        ...(topic === undefined ? {} : { topic }),
      });
      if (admission !== 'drop-oldest') return false;
    }
  }

  /** @returns the topic; undefined when only a PUBREL was left. */
  #dropOldest(owner: Owner): string | undefined {
    for (;;) {
      const sequence = owner.head?.pop() ?? this.#readHead(owner);
      const record = this.#deps.batch.get('queue', queueKey(owner.number, sequence));
      if (record === undefined) continue; // acknowledged since
      this.remove(owner, sequence, record);
      return topicOfRecord(record);
    }
  }

  #readHead(owner: Owner): number {
    const { batch, environment } = this.#deps;
    const range = { from: queueKey(owner.number, owner.headFrom), to: queueKey(owner.number, endOfQueue) };
    batch.settle('queue', range.from, range.to);
    owner.head = environment
      .keys('queue', { ...range, maxRows: headRows })
      .map(sequenceIn)
      .toReversed();
    const [last] = owner.head;
    if (last === undefined) throw new Error(`the queue of "${owner.clientId}" is counted wrongly`);
    owner.headFrom = last + 1;
    return owner.head.pop() ?? last;
  }

  #lapseOf(record: Buffer): Lapse | undefined {
    const head = messageHead(record);
    return head.isReleased ? undefined : lapseAt(this.#deps.now(), head, this.#limits.age);
  }
}
