import type { Store } from '../../src/broker/store-port.ts';
import { createRedisStore, type RedisStoreDeps } from '../../src/storage/redis/redis-store.ts';
import { type RedisOptions, redisSchema } from '../../src/storage/redis/schema.ts';
import { type ExchangeLimits, type QueueLimits, type RetainedLimits, storeSchema } from '../../src/storage/schema.ts';
import { patient } from './patience.ts';
import type { RedisServer } from './redis-server.ts';

export interface RedisStoreSettings extends Partial<Omit<RedisOptions, 'password'>> {
  readonly queue?: Partial<QueueLimits>;
  readonly retained?: Partial<RetainedLimits>;
  readonly exchanges?: Partial<ExchangeLimits>;
  readonly subscriptions?: number;
  readonly maxBytes?: number;
}

/** A store on a test server that is not set up yet. */
export function redisStore(
  { url }: Pick<RedisServer, 'url'>,
  { queue, retained, exchanges, subscriptions, maxBytes, ...redis }: RedisStoreSettings = {},
  deps: Partial<RedisStoreDeps> = {},
): Store & AsyncDisposable {
  const limits = storeSchema.parse({});
  const options = { ...redisSchema.parse({ url }), ...redis, password: undefined };
  const store = createRedisStore(
    {
      redis: options,
      maxBytes: maxBytes ?? limits.maxBytes,
      queue: { ...limits.queue, ...queue },
      retained: { ...limits.retained, ...retained },
      exchanges: { ...limits.exchanges, ...exchanges },
      subscriptions: subscriptions ?? limits.subscriptions,
    },
    deps,
  );
  return { ...store, [Symbol.asyncDispose]: () => store.stop(AbortSignal.timeout(10_000)) };
}

/** The same, started. */
export async function openRedisStore(
  server: Pick<RedisServer, 'url'>,
  settings: RedisStoreSettings = {},
  deps: Partial<RedisStoreDeps> = {},
): Promise<Store & AsyncDisposable> {
  const store = redisStore(server, settings, deps);
  await store.start(patient());
  return store;
}
