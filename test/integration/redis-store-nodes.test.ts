import createPersistence from 'aedes-persistence-redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { SessionStore, StoredWill } from '../../src/broker/session-store.ts';
import {
  alice,
  bob,
  message,
  messagesOf,
  publish,
  read,
  retained,
  retainedTopics,
  subscription,
} from '../contract/session-store/support.ts';
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

const openNode = (node: string) => openRedisStore(server, { keyPrefix }, {}, node);
const filtersOf = (store: SessionStore, topic: string): string[] =>
  store.subscribersOf(topic).map(({ clientId, topic: filter }) => `${clientId} ${filter}`);

test('what one node writes the other reads: sessions, queues, exchanges, retained messages, wills', async () => {
  await using one = await openNode('node-1');
  await using two = await openNode('node-2');
  await one.putSession({ clientId: 'alice', principal: 'p', expirySeconds: 9, disconnectedAt: 5 });
  await one.outgoingEnqueue({ clientId: 'alice' }, message('queued'));
  await one.incomingStorePacket(alice, { messageId: 3 });
  await one.storeRetained(message('kept', { retain: true }));
  await one.putWill(bob, { publishAt: 7 });
  expect(await two.getSession(alice)).toMatchObject({ principal: 'p', disconnectedAt: 5 });
  expect((await read(two.streamSessions())).flat()).toHaveLength(1);
  expect(await messagesOf(two)).toMatchObject([{ topic: 'queued' }]);
  await expect(two.incomingGetPacket(alice, { messageId: 3 })).resolves.toEqual({ messageId: 3 });
  expect(await retainedTopics(two, '#')).toEqual(['kept']);
  expect(await read<StoredWill>(two.streamWill({ 'node-2': 1 }))).toMatchObject([{ clientId: 'bob', publishAt: 7 }]);
  expect(await two.delWill(bob)).toMatchObject({ brokerId: 'node-1' });
  expect(await one.getWill(bob)).toBeUndefined();
});

test('subscriptions of one node are found on the other, before and after it started', async () => {
  await using one = await openNode('node-1');
  await one.addSubscriptions(alice, [subscription('a/+', 2, { subscriptionIdentifier: 5 }), subscription('zero', 0)]);
  await using two = await openNode('node-2');
  expect(two.subscribersOf('a/b')).toEqual([
    { clientId: 'alice', ...subscription('a/+', 2, { subscriptionIdentifier: 5 }) },
  ]);
  await one.addSubscriptions(bob, [subscription('#'), subscription('$share/g/a/b')]);
  await expect.poll(() => filtersOf(two, 'a/b').sort()).toEqual(['alice a/+', 'bob #', 'bob $share/g/a/b']);
  await two.removeSubscriptions(bob, ['#']);
  await expect.poll(() => filtersOf(one, 'a/b').sort()).toEqual(['alice a/+', 'bob $share/g/a/b']);
  await two.cleanSubscriptions(bob);
  await expect.poll(() => filtersOf(one, 'a/b')).toEqual(['alice a/+']);
  expect(await two.countOffline()).toEqual({ subsCount: 1, clientsCount: 1 });
});

test('a session that moves between nodes keeps the last change, on both', async () => {
  await using one = await openNode('node-1');
  await using two = await openNode('node-2');
  for (let round = 0; round < 50; round += 1) {
    const filters = [`x/${round}`, 'shared'];
    await Promise.all([
      one.addSubscriptions(
        alice,
        filters.map((filter) => subscription(filter, 1)),
      ),
      two.removeSubscriptions(alice, filters),
      two.addSubscriptions(alice, [subscription('shared', 2)]),
      one.removeSubscriptions(alice, ['shared']),
    ]);
  }
  const inRedis = (await one.subscriptionsByClient(alice)).map(({ topic, qos }) => `${topic} ${qos}`).sort();
  const found = (store: SessionStore): string[] =>
    [...Array.from({ length: 50 }, (_, round) => `x/${round}`), 'shared']
      .flatMap((topic) => store.subscribersOf(topic).map(({ topic: filter, qos }) => `${filter} ${qos}`))
      .sort();
  await expect.poll(() => found(one)).toEqual(inRedis);
  await expect.poll(() => found(two)).toEqual(inRedis);
});

test('a node that did not hear what others changed reads it when Redis is back', async () => {
  await using own = await startRedisServer({ appendonly: 'always' });
  const settings = { operationTimeout: 30_000 };
  await using one = await openRedisStore(own, settings, {}, 'node-1');
  await one.addSubscriptions(alice, [subscription('gone'), subscription('stays')]);
  await own.restart();
  const redis = new Redis(own.url);
  await redis.hdel('viaduct:client:alice', 'gone');
  await own.restart();
  redis.disconnect();
  await expect.poll(() => filtersOf(one, 'gone'), { timeout: 20_000 }).toEqual([]);
  expect(filtersOf(one, 'stays')).toEqual(['alice stays']);
});

test('subscriptions and retained messages of an Aedes broker on the same Redis are taken over', async () => {
  const keys = { keyPrefix: '', url: `${server.url}/1` };
  const conn = new Redis(keys.url);
  const aedes = createPersistence({ conn });
  const broker = withOwnQueue();
  await aedes.setup(broker);
  await aedes.addSubscriptions(alice, [{ topic: 'a/+', qos: 1 }]);
  await aedes.storeRetained(message('kept', { retain: true, payload: Buffer.from('theirs') }));
  await using store = await openRedisStore(keys, keys);
  expect(store.subscribersOf('a/b')).toMatchObject([{ clientId: 'alice', topic: 'a/+', qos: 1 }]);
  expect(await store.subscriptionsByClient(alice)).toEqual([{ topic: 'a/+', qos: 1 }]);
  expect((await retained(store, '#')).map(({ payload }) => String(payload))).toEqual(['theirs']);
  await publish(store, message('a/b'));
  expect(await messagesOf(store)).toMatchObject([{ topic: 'a/b', qos: 1 }]);

  await store.storeRetained(message('back', { retain: true, payload: Buffer.from('ours') }));
  await store.addSubscriptions(bob, [subscription('b', 2)]);
  expect(await aedes.subscriptionsByClient(bob)).toMatchObject([{ topic: 'b', qos: 2 }]);
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
