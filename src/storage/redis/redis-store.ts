import type { Store } from '../../broker/store-port.ts';
import { StoreError } from '../../kernel/errors.ts';
import type { RedisParts, RedisStoreDeps, RedisStoreOptions } from './redis-parts.ts';
import { asList } from './round-trip.ts';

export type { RedisStoreDeps, RedisStoreOptions } from './redis-parts.ts';

/**
 * Sessions of several nodes in one Redis, on aedes-persistence-redis: its keys and encoding for subscriptions and
 * retained messages, so that what an Aedes broker left there is taken over, on a connection of ours that keeps the
 * order of calls, bounds what waits and refuses what takes too long. Its other methods cannot keep the contract by
 * being wrapped, because they await between commands that belong together, search lists from end to end, and forget
 * with the process what was sent; `script-queue.ts` and `script-sessions.ts` say what stands in their place.
 *
 * A write is acknowledged when Redis has answered; what that survives is Redis' own setting (`appendonly`,
 * `appendfsync`). `start` rejects with a StoreError store-unavailable when Redis is away.
 */
export function createRedisStore(options: RedisStoreOptions, deps: Partial<RedisStoreDeps> = {}): Store {
  let opened: RedisParts | undefined;
  let isStopped = false;
  const parts = (): RedisParts => {
    if (opened === undefined) throw new StoreError('store-unavailable', 'the store is not open');
    return opened;
  };

  return {
    name: 'store',
    async start() {
      const { createParts } = await import('./redis-parts.ts'); // and with it the libraries, which other stores do without
      if (isStopped) throw new StoreError('store-unavailable', 'the store was closed while it was opened');
      opened = createParts(options, deps);
      await opened.connections.open();
    },
    async stop() {
      isStopped = true;
      await opened?.connections.close();
    },

    keep(packet, targets, { isRetained, exchange } = {}) {
      const { outgoing, retained, pipe } = parts();
      const queued = outgoing.operation(targets, packet, exchange);
      if (isRetained !== true)
        return queued === undefined ? Promise.resolve() : pipe.write('ENQUEUE', queued.args, queued.take);
      const kept = retained.operation(packet);
      if (queued === undefined) return pipe.write('RETAIN', kept.args, kept.take);
      return pipe.write('KEEP', [...kept.args, ...queued.args], (reply) => {
        kept.take(reply);
        queued.take(asList(reply)[2] ?? null);
      });
    },
    retained: (filter) => parts().retained.pages(filter),

    queue: (clientId) => parts().outgoing.replay(clientId),
    markSent: (clientId, key, packetId) => parts().outgoing.markSent(clientId, key, packetId),
    markReceived: (clientId, packetId) => parts().outgoing.markReceived(clientId, packetId),
    settle: (clientId, packetId) => parts().outgoing.settle(clientId, packetId),
    discard: (clientId, key) => parts().outgoing.discard(clientId, key),

    isOpen: (exchange) => parts().exchanges.isOpen(exchange),
    closeExchange: (exchange) => parts().exchanges.close(exchange),

    subscribe: (clientId, added) => parts().subscriptions.add(clientId, added),
    unsubscribe: (clientId, filters) => parts().subscriptions.remove(clientId, filters),
    subscriptionsOf: (clientId) => parts().subscriptionsOf(clientId),
    filtersOf: (clientId) => parts().subscriptions.index.filtersOf(clientId),
    subscribersOf: (topic) => parts().subscriptions.index.match(topic),

    putSession: (session) => parts().sessions.put(session),
    session: (clientId) => parts().sessions.get(clientId),
    sessions: () => parts().sessions.all(),
    endSession(clientId) {
      parts().outgoing.ended(clientId);
      return parts().subscriptions.clean(clientId, () => parts().connections.sweepSoon());
    },

    putWill: (will) => parts().wills.put(will),
    takeWill: (clientId) => parts().wills.take(clientId),
    wills: () => parts().wills.all(),

    stats: () => parts().stats(),
  };
}
