import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import createPersistence from 'aedes-persistence-redis';
import type { SessionStore, StoreStats } from '../../broker/session-store.ts';
import { type Clock, systemClock } from '../../kernel/clock.ts';
import { type Events, silentTelemetry } from '../../kernel/telemetry-ports.ts';
import type { StoreDeps } from '../drop.ts';
import type { StoreLimits } from '../schema.ts';
import { pairsOf, type Totals } from './batch.ts';
import { redisRefused } from './events.ts';
import { Outgoing } from './outgoing.ts';
import { Pipe } from './pipe.ts';
import { OpenExchanges, SessionRecords, Wills } from './records.ts';
import { RedisConnections } from './redis-connections.ts';
import { Retained } from './retained.ts';
import type { ResolvedRedisOptions } from './schema.ts';
import { SubscriptionSync } from './subscription-sync.ts';

/** Limits of retained messages and of the whole store are kept over all nodes. */
export interface RedisStoreOptions extends StoreLimits {
  readonly redis: ResolvedRedisOptions;
}

export interface RedisStoreDeps extends StoreDeps {
  readonly events: Events;
  readonly clock: Clock;
}

const noTotals: Totals = { queuedMessages: 0, queuedBytes: 0, retainedBytes: 0, retainedMessages: 0, sessions: 0 };

/** The parts of a store, before anything is connected. */
function createParts(options: RedisStoreOptions, deps: Partial<RedisStoreDeps>) {
  const { now = Date.now, onDropped = () => undefined, events = silentTelemetry.events, clock = systemClock } = deps;
  const { redis, ...limits } = options;
  const { keyPrefix, operationTimeout, maxPendingWrites, maxPendingBytes } = redis;
  const runId = randomBytes(9).toString('base64url');
  let totals = noTotals;
  const pipe = new Pipe(
    { operationTimeoutMs: operationTimeout, maxPendingWrites, maxPendingBytes },
    {
      clock,
      onTotals: (current) => (totals = current),
      onRefused: (reason) => events.emit(redisRefused, { reason }),
    },
  );
  const retained = new Retained(pipe, { keyPrefix, limits }, { now, onDropped });
  const subscriptions = new SubscriptionSync(pipe, { keyPrefix, runId });
  const readHash = async (key: string) => pairsOf(await pipe.submit('READ', 'HGETALL', keyPrefix + key));
  return {
    outgoing: new Outgoing(pipe, { limits, runId }, { now, onDropped }),
    retained,
    subscriptions,
    sessions: new SessionRecords(pipe, keyPrefix),
    exchanges: new OpenExchanges(pipe, keyPrefix),
    wills: new Wills(pipe, keyPrefix),
    connections: new RedisConnections(redis, { runId, pipe, subscriptions, retained, events, clock }),
    persistence: createPersistence({
      conn: { hgetallBuffer: async (key) => Object.fromEntries(await readHash(key)) },
    }),
    stats: (): StoreStats => ({ ...totals, subscriptions: subscriptions.index.total }),
  };
}

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
  const parts = createParts(options, deps);
  const { outgoing, retained, subscriptions, sessions, exchanges, wills, connections, persistence } = parts;
  let node: { readonly id: string } | undefined;

  return {
    async setup(broker) {
      node = broker;
      await connections.open();
    },

    storeRetained: (packet) => retained.store(packet),
    retained: (filter) => retained.pages(filter),
    createRetainedStream: (filter) => Readable.from(retained.match([filter])),
    createRetainedStreamCombi: (filters) => Readable.from(retained.match([...filters])),

    addSubscriptions: ({ id }, added) => subscriptions.add(id, added),
    removeSubscriptions: ({ id }, filters) => subscriptions.remove(id, filters),
    subscriptionsByClient: (session) => persistence.subscriptionsByClient(session),
    countOffline: async () => ({
      subsCount: subscriptions.index.queueing,
      clientsCount: subscriptions.index.clients,
    }),
    subscribersOf: (topic) => subscriptions.index.match(topic),
    subscriptionsByTopic: async (topic) => subscriptions.index.match(topic).map((one) => ({ ...one })),
    putSession: (session) => sessions.put(session),
    getSession: ({ id }) => sessions.get(id),
    streamSessions: () => Readable.from(sessions.all()),
    cleanSubscriptions({ id }) {
      outgoing.ended(id);
      return subscriptions.clean(id, () => connections.sweepSoon());
    },

    outgoingEnqueue: (target, packet) => outgoing.push([target], packet),
    outgoingEnqueueCombi: (targets, packet) => outgoing.push(targets, packet),
    outgoingUpdate: ({ id }, packet) => outgoing.update(id, packet),
    outgoingClearMessageId: ({ id }, packet) => outgoing.clear(id, packet),
    outgoingStream: ({ id }) => outgoing.replay(id),

    incomingStorePacket: ({ id }, { messageId = 0 }) => exchanges.open(id, messageId),
    incomingGetPacket: ({ id }, { messageId = 0 }) => exchanges.get(id, messageId),
    incomingDelPacket: ({ id }, { messageId = 0 }) => exchanges.release(id, messageId),

    putWill({ id }, will) {
      will.clientId = id;
      will.brokerId = node?.id ?? '';
      return wills.put(id, will);
    },
    getWill: ({ id }) => wills.get(id),
    delWill: ({ id }) => wills.take(id),
    streamWill: (brokers = {}) => Readable.from(wills.ofOthers(brokers)),

    stats: () => parts.stats(),
    getClientList: (filter) => Readable.from([...subscriptions.index.clientsOf(filter)]),
    destroy: () => connections.close(),
  };
}
