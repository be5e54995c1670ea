import type { QueuedPacket, QueueKey, QueueTarget, StoredMessage } from '../../broker/store-port.ts';
import { isSharedFilter } from '../../mqtt/topic.ts';
import { bytesOf, detachPacket } from '../detach.ts';
import type { StoreDeps } from '../drop.ts';
import { admit, emptySize, queueRefused, type Size } from '../limits.ts';
import type { QueueLimits } from '../schema.ts';
import { ClientQueue, type MemoryReplayDeps, type QueueDelivery } from './client-queue.ts';

/** Entries at the head of a queue that are looked at with each message that joins it. */
const sweepStep = 2;

/** The outgoing queues of all sessions. */
export class MemoryQueues {
  /** What is in all queues. */
  readonly total: Size = emptySize();
  readonly #queues = new Map<string, ClientQueue>();
  readonly #limits: QueueLimits;
  readonly #deps: StoreDeps;

  constructor(limits: QueueLimits, deps: StoreDeps) {
    this.#limits = limits;
    this.#deps = deps;
  }

  /** Queues the message once for each client among the targets. @throws StoreError store-full; then for none. */
  push(targets: readonly QueueTarget[], packet: StoredMessage): void {
    if (targets.length === 0) return;
    const bytes = bytesOf(packet);
    const merged = deliveries(targets, packet);
    if (this.#limits.onFull === 'refuse') this.#refuseIfFull(merged.keys(), packet, bytes);
    const message = detachPacket(packet); // one copy for all queues
    for (const [clientId, delivery] of merged) {
      this.#queues.get(clientId)?.dropLapsed(sweepStep, this.#replayDeps(clientId));
      const queue = this.#queueOf(clientId); // not before: the last message that lapses takes the queue with it
      if (queue.has(message) || this.#makeRoom(clientId, queue, message, bytes))
        queue.push(message, delivery, this.#deps.now());
      this.#forgetEmpty(clientId, queue);
    }
  }

  markSent(clientId: string, key: QueueKey, packetId: number): void {
    this.#queues.get(clientId)?.markSent(key, packetId);
  }

  markReceived(clientId: string, packetId: number): void {
    this.#queues.get(clientId)?.markReceived(packetId);
  }

  settle(clientId: string, packetId: number): void {
    const queue = this.#queues.get(clientId);
    if (queue === undefined) return;
    queue.settle(packetId);
    this.#forgetEmpty(clientId, queue);
  }

  discard(clientId: string, key: QueueKey): void {
    const queue = this.#queues.get(clientId);
    if (queue === undefined) return;
    queue.discard(key);
    this.#forgetEmpty(clientId, queue);
  }

  clearAll(clientId: string): void {
    this.#queues.get(clientId)?.clearAll(); // ends a replay under way
    this.#queues.delete(clientId);
  }

  replay(clientId: string): Iterable<QueuedPacket> {
    return this.#queues.get(clientId)?.replay(this.#replayDeps(clientId)) ?? [];
  }

  #replayDeps(clientId: string): MemoryReplayDeps {
    return {
      now: this.#deps.now,
      ageMs: this.#limits.age,
      onLapsed: (reason, topic) => {
        const queue = this.#queues.get(clientId);
        if (queue !== undefined) this.#forgetEmpty(clientId, queue);
        this.#deps.onDropped({ reason, clientId, topic });
      },
    };
  }

  #refuseIfFull(clientIds: Iterable<string>, packet: StoredMessage, bytes: number): void {
    for (const clientId of clientIds) {
      const queue = this.#queues.get(clientId);
      if (queue?.has(packet) === true || admit(queue?.size ?? emptySize(), bytes, this.#limits) === 'fits') continue;
      this.#deps.onDropped({ reason: 'refused', clientId, topic: packet.topic });
      throw queueRefused(clientId, this.#limits);
    }
  }

  /** @returns whether the message is to be queued. */
  #makeRoom(clientId: string, queue: ClientQueue, { topic: newTopic }: StoredMessage, bytes: number): boolean {
    for (;;) {
      const admission = admit(queue.size, bytes, this.#limits);
      if (admission === 'fits') return true;
      const topic = admission === 'drop-oldest' ? queue.dropOldest() : newTopic;
      this.#deps.onDropped({ reason: 'queue-full', clientId, ...(topic === undefined ? {} : { topic }) });
      if (admission !== 'drop-oldest') return false;
    }
  }

  #forgetEmpty(clientId: string, queue: ClientQueue): void {
    if (queue.size.messages === 0 && this.#queues.get(clientId) === queue) this.#queues.delete(clientId);
  }

  #queueOf(clientId: string): ClientQueue {
    let queue = this.#queues.get(clientId);
    if (queue === undefined) this.#queues.set(clientId, (queue = new ClientQueue(this.total)));
    return queue;
  }
}

/** What each client gets: overlapping filters of one client are one delivery at the highest QoS. [MQTT-3.3.5-1] */
export function deliveries(targets: readonly QueueTarget[], packet: StoredMessage): Map<string, QueueDelivery> {
  const merged = new Map<string, QueueDelivery>();
  for (const target of targets) {
    if (target.noLocal === true && target.clientId === packet.clientId) continue; // [MQTT-3.8.3-3]
    const one = deliveryOf(target, packet);
    const other = merged.get(target.clientId);
    merged.set(target.clientId, other === undefined ? one : combine(other, one));
  }
  return merged;
}

const noIdentifiers: readonly number[] = [];

const deliveryOf = (
  { filter = '', qos = 2, retainAsPublished = false, identifier }: QueueTarget,
  packet: StoredMessage,
): QueueDelivery => ({
  qos: qos < packet.qos ? qos : packet.qos,
  retain: packet.retain && retainAsPublished, // [MQTT-3.3.1-9]
  identifiers: identifier === undefined ? noIdentifiers : [identifier],
  shared: isSharedFilter(filter) ? [filter] : undefined,
});

const combine = (a: QueueDelivery, b: QueueDelivery): QueueDelivery => ({
  qos: a.qos > b.qos ? a.qos : b.qos,
  retain: a.retain || b.retain,
  identifiers: b.identifiers.length === 0 ? a.identifiers : [...a.identifiers, ...b.identifiers],
  shared: a.shared === undefined || b.shared === undefined ? undefined : [...a.shared, ...b.shared],
});
