import createPersistence from 'aedes-persistence-redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../src/broker/store-port.ts';
import {
  alice,
  bob,
  message,
  messagesOf,
  openExchange,
  publish,
  read,
  retained,
  retainedTopics,
  subscription,
} from '../contract/store/support.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { openRedisStore } from '../support/redis-store.ts';

let server: RedisServer;
let keyPrefix = '';
let opened = 0;
beforeAll(async () => {
  server = await startRedisServer();
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  opened += 1;
  keyPrefix = `n${opened}:`;
});

const openNode = () => openRedisStore(server, { keyPrefix });
const filtersOf = (store: Store, topic: string): string[] =>
  store.subscribersOf(topic).map(({ clientId, filter }) => `${clientId} ${filter}`);

test('what one node writes the other reads: sessions, queues, exchanges, retained messages, wills', async () => {
  await using one = await openNode();
  await using two = await openNode();
  await one.putSession({ clientId: 'alice', principal: 'p', expirySeconds: 9, disconnectedAt: 5 });
  await one.keep(message('queued'), [{ clientId: 'alice' }]);
  await openExchange(one, alice, 3);
  await one.keep(message('kept', { retain: true }), [], { isRetained: true });
  await one.putWill({ ...message('will'), clientId: bob, publishAt: 7 });
  expect(await two.session(alice)).toMatchObject({ principal: 'p', disconnectedAt: 5 });
  expect((await read(two.sessions())).flat()).toHaveLength(1);
  expect(await messagesOf(two)).toMatchObject([{ topic: 'queued' }]);
  expect(await two.isOpen({ clientId: alice, packetId: 3 })).toBe(true);
  expect(await retainedTopics(two, '#')).toEqual(['kept']);
  expect(await read(two.wills())).toMatchObject([{ clientId: 'bob', publishAt: 7 }]);
  expect(await two.takeWill(bob)).toMatchObject({ topic: 'will' });
  expect(await one.takeWill(bob)).toBeUndefined();
});

test('subscriptions of one node are found on the other, before and after it started', async () => {
  await using one = await openNode();
  await one.subscribe(alice, [subscription('a/+', 2, { identifier: 5 }), subscription('zero', 0)]);
  await using two = await openNode();
  expect(two.subscribersOf('a/b')).toEqual([{ clientId: 'alice', ...subscription('a/+', 2, { identifier: 5 }) }]);
  await one.subscribe(bob, [subscription('#'), subscription('$share/g/a/b')]);
  await expect.poll(() => filtersOf(two, 'a/b').sort()).toEqual(['alice a/+', 'bob #', 'bob $share/g/a/b']);
  await two.unsubscribe(bob, ['#']);
  await expect.poll(() => filtersOf(one, 'a/b').sort()).toEqual(['alice a/+', 'bob $share/g/a/b']);
  await two.endSession(bob);
  await expect.poll(() => filtersOf(one, 'a/b')).toEqual(['alice a/+']);
  expect(two.stats().subscriptions).toBe(2);
});

test('a session that moves between nodes keeps the last change, on both', async () => {
  await using one = await openNode();
  await using two = await openNode();
  for (let round = 0; round < 50; round += 1) {
    const filters = [`x/${round}`, 'shared'];
    await Promise.all([
      one.subscribe(
        alice,
        filters.map((filter) => subscription(filter, 1)),
      ),
      two.unsubscribe(alice, filters),
      two.subscribe(alice, [subscription('shared', 2)]),
      one.unsubscribe(alice, ['shared']),
    ]);
  }
  const inRedis = (await one.subscriptionsOf(alice)).map(({ filter, qos }) => `${filter} ${qos}`).sort();
  const found = (store: Store): string[] =>
    [...Array.from({ length: 50 }, (_, round) => `x/${round}`), 'shared']
      .flatMap((topic) => store.subscribersOf(topic).map(({ filter, qos }) => `${filter} ${qos}`))
      .sort();
  await expect.poll(() => found(one)).toEqual(inRedis);
  await expect.poll(() => found(two)).toEqual(inRedis);
});

test('a node that did not hear what others changed reads it when Redis is back', async () => {
  await using own = await startRedisServer({ appendonly: 'always' });
  const settings = { operationTimeout: 30_000 };
  await using one = await openRedisStore(own, settings);
  await one.subscribe(alice, [subscription('gone'), subscription('stays')]);
  await own.restart();
  const redis = new Redis(own.url);
  await redis.hdel('viaduct:client:alice', 'gone');
  await own.restart();
  redis.disconnect();
  await expect.poll(() => filtersOf(one, 'gone')).toEqual([]);
  expect(filtersOf(one, 'stays')).toEqual(['alice stays']);
});

test('subscriptions and retained messages of an Aedes broker on the same Redis are taken over', async () => {
  const keys = { keyPrefix: '', url: `${server.url}/1` };
  const conn = new Redis(keys.url);
  const aedes = createPersistence({ conn });
  const broker = withOwnQueue();
  await aedes.setup(broker);
  await aedes.addSubscriptions({ id: alice }, [{ topic: 'a/+', qos: 1 }]);
  await aedes.storeRetained(message('kept', { retain: true, payload: Buffer.from('theirs') }));
  await using store = await openRedisStore(keys, keys);
  expect(store.subscribersOf('a/b')).toMatchObject([{ clientId: 'alice', filter: 'a/+', qos: 1 }]);
  expect(await store.subscriptionsOf(alice)).toEqual([{ filter: 'a/+', qos: 1 }]);
  expect((await retained(store, '#')).map(({ payload }) => String(payload))).toEqual(['theirs']);
  await publish(store, message('a/b'));
  expect(await messagesOf(store)).toMatchObject([{ topic: 'a/b', qos: 1 }]);

  await store.keep(message('back', { retain: true, payload: Buffer.from('ours') }), [], { isRetained: true });
  await store.subscribe(bob, [subscription('b', 2)]);
  expect(await aedes.subscriptionsByClient({ id: bob })).toMatchObject([{ topic: 'b', qos: 2 }]);
  expect(await read<unknown>(aedes.createRetainedStream('back'))).toMatchObject([{ payload: Buffer.from('ours') }]);
  await aedes.destroy();
});

/** As much of a broker as the package uses: it hears itself. */
function withOwnQueue() {
  type Listener = (packet: { topic: string; payload: unknown }, done: () => void) => void;
  const listeners = new Set<Listener>();
  return {
    id: 'aedes',
    publish(packet: { topic: string; payload: unknown }, done: () => void) {
      for (const listener of listeners) listener(packet, done);
    },
    subscribe(_filter: string, listener: Listener, done: () => void) {
      listeners.add(listener);
      done();
    },
    unsubscribe(_filter: string, listener: Listener, done: () => void) {
      listeners.delete(listener);
      done();
    },
  };
}
