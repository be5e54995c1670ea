import type { PacketKey, QueuedPacket, QueueTarget, StoredPacket, StoreStats } from '../../broker/session-store.ts';
import { detachPacket } from '../detach.ts';
import type { StoreDeps } from '../drop.ts';
import { ClientQueue, type QueueDelivery } from './client-queue.ts';

/** The outgoing queues of all sessions. */
export class Queues {
  readonly #queues = new Map<string, ClientQueue>();
  readonly #maxMessages: number;
  readonly #deps: StoreDeps;

  /** @param maxMessages of one client; beyond it its oldest is dropped. */
  constructor(maxMessages: number, deps: StoreDeps) {
    this.#maxMessages = maxMessages;
    this.#deps = deps;
  }

  /** Queues the message once for each client among the targets. */
  push(targets: readonly QueueTarget[], packet: StoredPacket): void {
    if (targets.length === 0) return;
    const message = detachPacket(packet); // one copy for all queues
    for (const [clientId, delivery] of deliveries(targets, packet)) {
      const queue = this.#queueOf(clientId);
      queue.push(message, delivery);
      if (queue.size <= this.#maxMessages) continue;
      const topic = queue.dropOldest();
      this.#deps.onDropped({ reason: 'queue-full', clientId, ...(topic === undefined ? {} : { topic }) });
    }
  }

  update(clientId: string, packet: PacketKey): void {
    this.#queues.get(clientId)?.update(packet);
  }

  clear(clientId: string, packet: PacketKey): QueuedPacket | undefined {
    const queue = this.#queues.get(clientId);
    const cleared = queue?.clear(packet);
    if (queue !== undefined) this.#forgetEmpty(clientId, queue);
    return cleared;
  }

  clearAll(clientId: string): void {
    this.#queues.get(clientId)?.clearAll(); // ends a replay under way
    this.#queues.delete(clientId);
  }

  replay(clientId: string): Iterable<QueuedPacket> {
    const queue = this.#queues.get(clientId);
    if (queue === undefined) return [];
    return queue.replay(this.#deps.now, (topic) => {
      this.#forgetEmpty(clientId, queue);
      this.#deps.onDropped({ reason: 'expired', clientId, topic });
    });
  }

  stats(): Pick<StoreStats, 'queuedMessages' | 'queuedBytes'> {
    let queuedMessages = 0;
    let queuedBytes = 0;
    for (const queue of this.#queues.values()) {
      queuedMessages += queue.size;
      queuedBytes += queue.bytes;
    }
    return { queuedMessages, queuedBytes };
  }

  #forgetEmpty(clientId: string, queue: ClientQueue): void {
    if (queue.size === 0 && this.#queues.get(clientId) === queue) this.#queues.delete(clientId);
  }

  #queueOf(clientId: string): ClientQueue {
    let queue = this.#queues.get(clientId);
    if (queue === undefined) this.#queues.set(clientId, (queue = new ClientQueue()));
    return queue;
  }
}

/** What each client gets: overlapping filters of one client are one delivery at the highest QoS. [MQTT-3.3.5-1] */
function deliveries(targets: readonly QueueTarget[], packet: StoredPacket): Map<string, QueueDelivery> {
  const merged = new Map<string, QueueDelivery>();
  for (const target of targets) {
    if (target.nl === true && target.clientId === packet.clientId) continue; // [MQTT-3.8.3-3]
    const one = deliveryOf(target, packet);
    const other = merged.get(target.clientId);
    merged.set(target.clientId, other === undefined ? one : combine(other, one));
  }
  return merged;
}

const noIdentifiers: readonly number[] = [];

const deliveryOf = (
  { qos = 2, rap = false, subscriptionIdentifier }: QueueTarget,
  packet: StoredPacket,
): QueueDelivery => ({
  qos: qos < packet.qos ? qos : packet.qos,
  retain: packet.retain && rap, // [MQTT-3.3.1-9]
  identifiers: subscriptionIdentifier === undefined ? noIdentifiers : [subscriptionIdentifier],
});

const combine = (a: QueueDelivery, b: QueueDelivery): QueueDelivery => ({
  qos: a.qos > b.qos ? a.qos : b.qos,
  retain: a.retain || b.retain,
  identifiers: b.identifiers.length === 0 ? a.identifiers : [...a.identifiers, ...b.identifiers],
});
