import { afterAll, beforeAll, describe } from 'vitest';
import { aedesPersistenceContract } from '../contract/aedes-persistence.contract.ts';
import { contractLimits } from '../contract/session-store/support.ts';
import { sessionStoreContract, storeLimitsContract } from '../contract/session-store.contract.ts';
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
