import { randomBytes } from 'node:crypto';
import createPersistence from 'aedes-persistence-redis';
import type { StoreStats } from '../../broker/store-port.ts';
import { type Clock, systemClock } from '../../kernel/clock.ts';
import { type Events, silentTelemetry } from '../../kernel/telemetry-ports.ts';
import type { StoreDeps } from '../drop.ts';
import type { StoreLimits } from '../schema.ts';
import { redisRefused } from './events.ts';
import { Pipe } from './pipe.ts';
import { RedisExchanges, RedisWills, SessionRecords } from './records.ts';
import { RedisConnections } from './redis-connections.ts';
import { RedisQueues } from './redis-queues.ts';
import { RedisRetained } from './redis-retained.ts';
import { roomOf } from './room.ts';
import { pairsOf, type Totals } from './round-trip.ts';
import type { ResolvedRedisOptions } from './schema.ts';
import { fromWire } from './subscription-codec.ts';
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
export function createParts(options: RedisStoreOptions, deps: Partial<RedisStoreDeps>) {
  const {
    now = systemClock.now,
    onDropped = () => undefined,
    events = silentTelemetry.events,
    clock = systemClock,
  } = deps;
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
  const retained = new RedisRetained(pipe, { keyPrefix, limits }, { now, onDropped });
  const records = [pipe, { keyPrefix, limits }, { onDropped }] as const;
  const subscriptions = new SubscriptionSync(pipe, { keyPrefix, runId, room: roomOf(limits, { onDropped }) });
  const readHash = async (key: string) => pairsOf(await pipe.submit('READ', 'HGETALL', keyPrefix + key));
  const persistence = createPersistence({
    conn: { hgetallBuffer: async (key) => Object.fromEntries(await readHash(key)) },
  });
  return {
    pipe,
    outgoing: new RedisQueues(pipe, { limits, runId }, { now, onDropped }),
    retained,
    subscriptions,
    sessions: new SessionRecords(...records),
    exchanges: new RedisExchanges(pipe, keyPrefix),
    wills: new RedisWills(...records),
    connections: new RedisConnections(redis, { runId, pipe, subscriptions, retained, events, clock }),
    subscriptionsOf: async (id: string) => (await persistence.subscriptionsByClient({ id })).map(fromWire),
    stats: (): StoreStats => ({ ...totals, subscriptions: subscriptions.index.total }),
  };
}

export type RedisParts = ReturnType<typeof createParts>;
