import type { StoredPacket, StoreStats } from '../../broker/session-store.ts';
import { bytesOf, detachPacket } from '../detach.ts';
import type { StoreDeps } from '../drop.ts';
import { RetainedTree } from './retained-tree.ts';

/** Expiring topics looked at with each message that is stored. */
const sweepStep = 2;

/** The last retained message of each topic. */
export class RetainedMessages {
  readonly #tree = new RetainedTree<StoredPacket>();
  /** Topics whose message expires; swept round-robin, so that topics nobody reads do not fill the store. */
  readonly #expiring = new Set<string>();
  readonly #maxTopics: number;
  readonly #deps: StoreDeps;

  /** @param maxTopics topics that may have a message; beyond it a new topic is not retained. */
  constructor(maxTopics: number, deps: StoreDeps) {
    this.#maxTopics = maxTopics;
    this.#deps = deps;
  }

  store(packet: StoredPacket): void {
    this.#sweep();
    const { topic } = packet;
    if (packet.payload.length === 0) {
      this.#delete(topic);
    } else if (this.#tree.size < this.#maxTopics || this.#tree.get(topic) !== undefined) {
      this.#tree.set(topic, detachPacket(packet));
      if (packet.messageExpiry === undefined) this.#expiring.delete(topic);
      else this.#expiring.add(topic);
    } else {
      this.#deps.onDropped({ reason: 'retained-full', topic });
    }
  }

  /** Copies of the messages whose topic matches one of the filters, one filter after the other. */
  *match(filters: readonly string[]): Generator<StoredPacket, void> {
    for (const filter of filters)
      for (const packet of this.#tree.match(filter)) {
        if (this.#isExpired(packet)) this.#expire(packet.topic);
        else yield { ...packet };
      }
  }

  stats(): Pick<StoreStats, 'retainedMessages' | 'retainedBytes'> {
    let retainedBytes = 0;
    for (const packet of this.#tree.match('#')) retainedBytes += bytesOf(packet);
    for (const packet of this.#tree.match('$SYS/#')) retainedBytes += bytesOf(packet);
    return { retainedMessages: this.#tree.size, retainedBytes };
  }

  #isExpired({ messageExpiry }: StoredPacket): boolean {
    return messageExpiry !== undefined && messageExpiry <= this.#deps.now();
  }

  #sweep(): void {
    let left = Math.min(sweepStep, this.#expiring.size);
    for (const topic of this.#expiring) {
      if (left === 0) return;
      left -= 1;
      const packet = this.#tree.get(topic);
      this.#expiring.delete(topic);
      if (packet === undefined) continue;
      if (this.#isExpired(packet)) this.#expire(topic);
      else this.#expiring.add(topic); // to the end of the line
    }
  }

  #expire(topic: string): void {
    this.#delete(topic);
    this.#deps.onDropped({ reason: 'expired', topic });
  }

  #delete(topic: string): void {
    this.#tree.delete(topic);
    this.#expiring.delete(topic);
  }
}
