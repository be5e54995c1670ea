import { createConnection } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../../src/broker/store-port.ts';
import { createMemoryStore } from '../../src/storage/memory/memory-store.ts';
import { storeSchema } from '../../src/storage/schema.ts';
import { type EngineWorld, engineCosts, engineWorld } from '../growth/engine-costs.ts';
import { excessOf, type GrowthCase, type Meter, titleOf } from '../growth/growth.ts';
import { planeCosts, planeWorld } from '../growth/plane-costs.ts';
import { storeCosts } from '../growth/store-costs.ts';
import { openWorld, type StoreWorld } from '../growth/store-world.ts';
import { cpuMs } from '../support/cpu-ms.ts';
import { diskStore } from '../support/disk-store.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { redisStore } from '../support/redis-store.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const limits = storeSchema.parse({ queue: { messages: 100_000 } });

const named = <World>(cases: readonly GrowthCase<World>[]) => cases.map((one) => [titleOf(one), one] as const);

/** The CPU time of Redis and of this process. */
const withRedis =
  ({ port }: RedisServer): Meter =>
  async () => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.end('INFO cpu\r\n');
    const info = await textOf(socket);
    const [, system = 0] = /used_cpu_sys:([\d.]+)/.exec(info) ?? [];
    const [, user = 0] = /used_cpu_user:([\d.]+)/.exec(info) ?? [];
    return cpuMs() + (Number(system) + Number(user)) * 1_000;
  };

describe('the measure', () => {
  const sizes = [500, 5_000] as const;

  const numbered = (count: number): string[] => Array.from({ length: count }, (_, number) => `number ${number}`);
  const searchEach = (size: number): void => void numbered(size).map((_, n, all) => all.indexOf(`none ${n}`));
  const holdAll = (size: number): void => void numbered(20 * size);

  test('takes what holds everything in memory until its end for O(n)', async () => {
    expect(await excessOf({ cost: 'O(n)', run: holdAll }, sizes)).toBeUndefined();
  });

  test.each([
    ['O(n)', 'a search in all for each', searchEach],
    ['O(1)', 'a walk over all', holdAll],
  ] as const)('takes for more than %s %s', async (cost, _work, run) => {
    expect(await excessOf({ cost, run }, sizes)).toMatch(/ms with ten times as much, which is more than /);
  });
});

describe('the plane', () => {
  const worlds = [planeWorld(500), planeWorld(5_000)] as const;

  test.each(named(planeCosts))('%s', async (_title, one) => {
    expect(await excessOf(one, worlds)).toBeUndefined();
  });
});

describe('the engine', () => {
  const worlds: EngineWorld[] = [];
  beforeAll(async () => {
    for (const size of [100, 1_000]) worlds.push(await engineWorld(size));
  });
  afterAll(async () => {
    for (const world of worlds) await world[Symbol.asyncDispose]();
  });

  test.each(named(engineCosts))('%s', async (_title, one) => {
    const [small, large] = worlds;
    expect(await excessOf(one, [small!, large!])).toBeUndefined();
  });
});

describe.each(['memory', 'disk', 'redis'] as const)('the %s store', (type) => {
  const opened: AsyncDisposable[] = [];
  const sizes: StoreWorld[] = [];
  let server: RedisServer | undefined;

  /** Another one on the same data with each call. */
  async function creator(size: number): Promise<() => Store> {
    if (type === 'memory') {
      const store = createMemoryStore(limits);
      return () => store;
    }
    if (type === 'disk') {
      const directory = await temporaryDirectory();
      opened.push(directory);
      return () => diskStore(directory.path, limits);
    }
    return () => redisStore(server!, { keyPrefix: `growth-${size}:`, queue: limits.queue });
  }

  beforeAll(async () => {
    if (type === 'redis') opened.push((server = await startRedisServer()));
    for (const size of [500, 5_000]) sizes.push(await openWorld(await creator(size), size));
  });
  afterAll(async () => {
    for (const one of [...sizes, ...opened]) await one[Symbol.asyncDispose]();
  });

  test.each(named(storeCosts))('%s', async (_title, one) => {
    const [small, large] = sizes;
    expect(await excessOf(one, [small!, large!], server === undefined ? cpuMs : withRedis(server))).toBeUndefined();
  });
});
