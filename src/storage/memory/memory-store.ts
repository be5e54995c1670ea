import type { Store } from '../../broker/store-port.ts';
import { systemClock } from '../../kernel/clock.ts';
import { bytesOf } from '../detach.ts';
import type { StoreDeps } from '../drop.ts';
import { copiesOf, keptBytes, requireSubscriptionRoom, sessionBytes, storeRefused } from '../limits.ts';
import type { StoreLimits } from '../schema.ts';
import { MemoryExchanges } from './memory-exchanges.ts';
import { MemoryQueues } from './memory-queues.ts';
import { MemoryRetained } from './memory-retained.ts';
import { MemorySubscriptions } from './memory-subscriptions.ts';
import { memoryWills } from './memory-wills.ts';
import { SessionTable } from './session-table.ts';

/** Everything in this process's memory, until it ends; there is nothing to start and nothing to stop. */
export function createMemoryStore(limits: StoreLimits, deps: Partial<StoreDeps> = {}): Store {
  const { now = systemClock.now, onDropped = () => undefined } = deps;
  const subscriptions = new MemorySubscriptions();
  const retained = new MemoryRetained(limits, { now, onDropped });
  const queues = new MemoryQueues(limits.queue, { now, onDropped });
  const inbound = new MemoryExchanges(limits.exchanges, { onDropped });
  const sessions = new SessionTable();
  const wills = memoryWills((bytes) => requireRoom(bytes));

  const requireRoom = (bytes: number, topic?: string): void => {
    const held = queues.total.bytes + retained.total.bytes + sessions.bytes + subscriptions.bytes;
    if (bytes <= 0 || held + inbound.bytes + wills.bytes() + bytes <= limits.maxBytes) return;
    onDropped({ reason: 'refused', ...(topic === undefined ? {} : { topic }) });
    throw storeRefused(limits);
  };

  return {
    name: 'store',
    start: async () => undefined,
    stop: async () => undefined,

    async keep(packet, targets, also = {}) {
      const { isRetained = false, exchange } = also;
      if (exchange !== undefined) inbound.requireRoom(exchange);
      requireRoom(keptBytes(copiesOf(packet, targets, also), bytesOf(packet), also), packet.topic);
      const isToRetain = isRetained && retained.fits(packet);
      queues.push(targets, packet); // the last that may refuse
      if (isToRetain) retained.put(packet);
      if (exchange !== undefined) inbound.add(exchange);
    },
    retained: (filter) => retained.pages(filter),

    queue: (clientId) => queues.replay(clientId),
    markSent: async (clientId, key, packetId) => queues.markSent(clientId, key, packetId),
    markReceived: async (clientId, packetId) => queues.markReceived(clientId, packetId),
    settle: async (clientId, packetId) => queues.settle(clientId, packetId),
    discard: async (clientId, key) => queues.discard(clientId, key),

    isOpen: async (exchange) => inbound.has(exchange),
    closeExchange: async (exchange) => inbound.delete(exchange),

    async subscribe(clientId, added) {
      const more = subscriptions.growthOf(clientId, added);
      requireSubscriptionRoom(clientId, { held: subscriptions.bytes, more }, limits, { onDropped });
      requireRoom(more);
      subscriptions.add(clientId, added);
    },
    unsubscribe: async (clientId, filters) => subscriptions.remove(clientId, filters),
    subscriptionsOf: async (clientId) => subscriptions.of(clientId),
    filtersOf: (clientId) => subscriptions.filtersOf(clientId),
    subscribersOf: (topic) => subscriptions.match(topic),

    async putSession(session) {
      if (sessions.get(session.clientId) === undefined) requireRoom(sessionBytes(session));
      sessions.put(session);
    },
    session: async (clientId) => sessions.get(clientId),
    async *sessions() {
      yield sessions.all();
    },
    async endSession(clientId) {
      sessions.delete(clientId);
      subscriptions.removeAll(clientId);
      queues.clearAll(clientId);
      inbound.deleteAll(clientId);
    },
    ...wills.methods,

    stats: () => ({
      sessions: sessions.size,
      subscriptions: subscriptions.total,
      queuedMessages: queues.total.messages,
      queuedBytes: queues.total.bytes,
      retainedMessages: retained.total.messages,
      retainedBytes: retained.total.bytes,
    }),
  };
}
