import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aedesPersistenceContract } from '../contract/aedes-persistence.contract.ts';
import { alice, contractLimits, message, subscription } from '../contract/store/support.ts';
import { sessionStoreContract, storeLimitsContract } from '../contract/store.contract.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { openRedisStore, redisStore } from '../support/redis-store.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedisServer();
});
afterAll(() => server[Symbol.asyncDispose]());

let opened = 0;
/** Every store is alone in one Redis, under a prefix of its own. */
const alone = () => {
  opened += 1;
  return { keyPrefix: `t${opened}:` };
};

describe('the Redis store signs the contract', () => {
  sessionStoreContract((limits = {}, deps = {}) => {
    const { queue, retained } = contractLimits(limits);
    return openRedisStore(server, { queue, retained, ...alone() }, deps);
  });
});
describe('the Redis store keeps the limits', () => {
  storeLimitsContract((limits, deps) => openRedisStore(server, { ...limits, ...alone() }, deps));
});
describe('the Redis store passes the suite of aedes-persistence', () => {
  aedesPersistenceContract(() => redisStore(server, alone()));
});

describe('the Redis store counts what an earlier version, or an Aedes broker, left uncounted', () => {
  const long = 'l'.repeat(300_000);
  const settings = { ...alone(), maxBytes: 1_048_576 };
  const stats = `${settings.keyPrefix}stats`;
  const isFull = { code: 'store-full', message: expect.stringContaining('store.maxBytes') };

  test('when it is opened, once, and gives it back as it goes', async () => {
    const redis = new Redis(server.port);
    await using earlier = await openRedisStore(server, settings);
    await earlier.putSession({ clientId: `${long} ü/%`, principal: 'p', expirySeconds: 60 });
    await earlier.subscribe('bob ü/%', [subscription(long)]);
    await earlier.putWill({ ...message(long), clientId: alice });
    const counted = await redis.hget(stats, 'recordBytes');
    await redis.hdel(stats, 'recordBytes');
    await using store = await openRedisStore(server, settings);
    expect(await redis.hget(stats, 'recordBytes')).toBe(counted);
    await using another = await openRedisStore(server, settings);
    expect(await redis.hget(stats, 'recordBytes')).toBe(counted);
    await expect(another.subscribe(alice, [subscription(long)])).rejects.toMatchObject(isFull);
    expect(await another.subscriptionsOf(alice)).toEqual([]);
    expect(another.subscribersOf(long).map(({ clientId }) => clientId)).toEqual(['bob ü/%']);
    await store.endSession(`${long} ü/%`);
    await store.endSession('bob ü/%');
    await store.takeWill(alice);
    expect(await redis.hget(stats, 'recordBytes')).toBe('0');
    redis.disconnect();
  });
});
