import { Readable } from 'node:stream';
import type { SessionStore } from '../../broker/session-store.ts';
import { StoreError } from '../../kernel/errors.ts';
import type { RedisParts, RedisStoreDeps, RedisStoreOptions } from './redis-parts.ts';

export type { RedisStoreDeps, RedisStoreOptions } from './redis-parts.ts';

/**
 * Sessions of several nodes in one Redis, on aedes-persistence-redis: its keys and encoding for subscriptions and
 * retained messages, so that what an Aedes broker left there is taken over, on a connection of ours that keeps the
 * order of calls, bounds what waits and refuses what takes too long. Its other methods cannot keep the contract by
 * being wrapped, because they await between commands that belong together, search lists from end to end, and forget
 * with the process what was sent; `script-queue.ts` and `script-sessions.ts` say what stands in their place.
 *
 * A write is acknowledged when Redis has answered; what that survives is Redis' own setting (`appendonly`,
 * `appendfsync`). `setup` rejects with a StoreError store-unavailable when Redis is away.
 */
export function createRedisStore(options: RedisStoreOptions, deps: Partial<RedisStoreDeps> = {}): SessionStore {
  let node: { readonly id: string } | undefined;
  let opened: RedisParts | undefined;
  let isDestroyed = false;
  const parts = (): RedisParts => {
    if (opened === undefined) throw new StoreError('store-unavailable', 'the store is not open');
    return opened;
  };

  return {
    async setup(broker) {
      node = broker;
      const { createParts } = await import('./redis-parts.ts'); // and with it the libraries, which other stores do without
      if (isDestroyed) throw new StoreError('store-unavailable', 'the store was closed while it was opened');
      opened = createParts(options, deps);
      await opened.connections.open();
    },

    storeRetained: (packet) => parts().retained.store(packet),
    retained: (filter) => parts().retained.pages(filter),
    createRetainedStream: (filter) => Readable.from(parts().retained.match([filter])),
    createRetainedStreamCombi: (filters) => Readable.from(parts().retained.match([...filters])),

    addSubscriptions: ({ id }, added) => parts().subscriptions.add(id, added),
    removeSubscriptions: ({ id }, filters) => parts().subscriptions.remove(id, filters),
    hasShared: ({ id }) => parts().subscriptions.index.hasShared(id),
    subscriptionsByClient: (session) => parts().persistence.subscriptionsByClient(session),
    countOffline: async () => ({
      subsCount: parts().subscriptions.index.queueing,
      clientsCount: parts().subscriptions.index.clients,
    }),
    subscribersOf: (topic) => parts().subscriptions.index.match(topic),
    subscriptionsByTopic: async (topic) =>
      parts()
        .subscriptions.index.match(topic)
        .map((one) => ({ ...one })),
    putSession: (session) => parts().sessions.put(session),
    getSession: ({ id }) => parts().sessions.get(id),
    streamSessions: () => parts().sessions.all(),
    cleanSubscriptions({ id }) {
      parts().outgoing.ended(id);
      return parts().subscriptions.clean(id, () => parts().connections.sweepSoon());
    },

    outgoingEnqueue: (target, packet) => parts().outgoing.push([target], packet),
    outgoingEnqueueCombi: (targets, packet, exchange) => parts().outgoing.push(targets, packet, exchange),
    outgoingUpdate: ({ id }, packet) => parts().outgoing.update(id, packet),
    outgoingClearMessageId: ({ id }, packet) => parts().outgoing.clear(id, packet),
    outgoingStream: ({ id }) => parts().outgoing.replay(id),

    incomingStorePacket: ({ id }, { messageId = 0 }) => parts().exchanges.open(id, messageId),
    incomingGetPacket: ({ id }, { messageId = 0 }) => parts().exchanges.get(id, messageId),
    incomingDelPacket: ({ id }, { messageId = 0 }) => parts().exchanges.release(id, messageId),

    putWill({ id }, will) {
      will.clientId = id;
      will.brokerId = node?.id ?? '';
      return parts().wills.put(id, will);
    },
    getWill: ({ id }) => parts().wills.get(id),
    delWill: ({ id }) => parts().wills.take(id),
    streamWill: (brokers = {}) => Readable.from(parts().wills.ofOthers(brokers)),

    stats: () => parts().stats(),
    getClientList: (filter) => Readable.from([...parts().subscriptions.index.clientsOf(filter)]),
    async destroy() {
      isDestroyed = true;
      await opened?.connections.close();
    },
  };
}
