import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import type { Store, StoredMessage } from '../../src/broker/store-port.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { StoreError } from '../../src/kernel/errors.ts';
import {
  alice,
  message,
  messagesOf,
  type NamedPacket,
  openExchange,
  read,
  retainedTopics,
  subscription,
} from '../contract/store/support.ts';
import { recordedTelemetry } from '../support/recorded-telemetry.ts';
import { startRedisServer } from '../support/redis-server.ts';
import { openRedisStore, redisStore } from '../support/redis-store.ts';

const enqueue = (store: Store, packet: StoredMessage): Promise<void> => store.keep(packet, [{ clientId: 'alice' }]);
const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `t/${index}`);
/** What a write or read was refused with. */
const refusal = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'not refused',
    (error: unknown) => (error instanceof StoreError ? error.code : error),
  );

test('kill -9 of Redis under load, with appendfsync always: every message is there once and in order', async () => {
  await using server = await startRedisServer({ appendonly: 'always' });
  await using store = await openRedisStore(server, { operationTimeout: 60_000 });
  const topics = numbered(6_000);
  let acknowledged = 0;
  for (const half of [topics.slice(0, 3_000), topics.slice(3_000)]) {
    const writes = half.map((topic) => enqueue(store, message(topic, { qos: 2 })).then(() => (acknowledged += 1)));
    await writes[700]; // Redis has more than these, and is in the middle of others
    await server.restart();
    await Promise.all(writes);
  }
  expect(acknowledged).toBe(6_000);
  expect((await messagesOf(store)).map(({ topic }) => topic)).toEqual(topics);
});

test('what was acknowledged before kill -9 of Redis and of the broker is all there for another one', async () => {
  await using server = await startRedisServer({ appendonly: 'always' });
  const before = await openRedisStore(server);
  const first = message('sent', { qos: 2, properties: { correlationData: Buffer.from([0, 255]) } });
  await before.putSession({ clientId: 'alice', principal: 'a', expirySeconds: 60 });
  await before.subscribe(alice, [subscription('#', 2, { identifier: 3 })]);
  await enqueue(before, first);
  await before.markSent(alice, first, 7);
  await enqueue(before, message('waiting'));
  await openExchange(before, alice, 9);
  await before.keep(message('kept', { retain: true }), [], { isRetained: true });
  await before.putWill({ ...message('will'), clientId: alice, publishAt: 5_000 });
  await server.restart();
  await using after = await openRedisStore(server);
  await before.stop(AbortSignal.timeout(10_000));
  expect(await after.session(alice)).toEqual({ clientId: 'alice', principal: 'a', expirySeconds: 60 });
  expect(after.subscribersOf('x')).toMatchObject([{ clientId: 'alice', qos: 2, identifier: 3 }]);
  expect(await messagesOf(after)).toMatchObject([
    { topic: 'sent', dup: true, packetId: 7, properties: { correlationData: Buffer.from([0, 255]) } },
    { topic: 'waiting', dup: false },
  ]);
  expect(await after.isOpen({ clientId: alice, packetId: 9 })).toBe(true);
  expect(await retainedTopics(after, '#')).toEqual(['kept']);
  expect(await read(after.wills())).toMatchObject([{ clientId: 'alice', topic: 'will', publishAt: 5_000 }]);
  expect(after.stats()).toMatchObject({ sessions: 1, subscriptions: 1, queuedMessages: 2, retainedMessages: 1 });
});

test('a Redis that stops: refused after the deadline and not done later; then all goes on by itself', async () => {
  await using server = await startRedisServer();
  const telemetry = recordedTelemetry();
  await using store = await openRedisStore(server, { operationTimeout: 1_000 }, { events: telemetry.events });
  await store.subscribe(alice, [subscription('a')]);
  await enqueue(store, message('before'));
  await server.freeze();
  const refused = [
    enqueue(store, message('refused')),
    messagesOf(store),
    store.subscribe(alice, [subscription('refused')]),
    store.isOpen({ clientId: alice, packetId: 1 }),
    store.session(alice),
    store.subscriptionsOf(alice),
    store.closeExchange({ clientId: alice, packetId: 1 }),
  ];
  expect(store.subscribersOf('a')).toHaveLength(1);
  expect(await Promise.all(refused.map(refusal))).toEqual(refused.map(() => 'store-unavailable'));
  expect(store.subscribersOf('refused')).toEqual([]);
  await telemetry.seen('redis_outages_total');
  server.thaw();
  await telemetry.seen('redis_recoveries_total');
  await enqueue(store, message('after'));
  expect((await messagesOf(store)).map(({ topic }) => topic)).toEqual(['before', 'after']);
  expect(await store.subscriptionsOf(alice)).toMatchObject([{ filter: 'a' }]);
  expect(telemetry.count('redis_outages_total')).toBe(1);
  expect(telemetry.count('redis_refused_total', { reason: 'deadline' })).toBe(refused.length);
});

test('what waits for Redis is bounded, in number and in bytes', async () => {
  await using server = await startRedisServer();
  await using store = await openRedisStore(server, {
    operationTimeout: 2_000,
    maxPendingWrites: 100,
    maxPendingBytes: 1_048_576,
  });
  await server.freeze();
  const first = numbered(100).map((topic) => refusal(enqueue(store, message(topic))));
  await expect(enqueue(store, message('one more'))).rejects.toThrow(/100 operations .* wait for Redis already/);
  expect(new Set(await Promise.all(first))).toEqual(new Set(['store-unavailable']));
  const large = message('large', { payload: Buffer.alloc(700_000) });
  const waits = refusal(enqueue(store, large));
  await expect(enqueue(store, large)).rejects.toThrow(/wait for Redis already/);
  server.thaw();
  await waits;
});

test('Redis is away for a while: writes wait for it, and what they say is true when it is back', async () => {
  await using server = await startRedisServer({ appendonly: 'always' });
  await using store = await openRedisStore(server, { operationTimeout: 60_000 });
  await server.kill();
  const writes = numbered(50).map((topic) => enqueue(store, message(topic)));
  const reading = messagesOf(store);
  await server.restart();
  await Promise.all(writes);
  expect((await reading).map(({ topic }) => topic)).toEqual(numbered(50));
});

test('a store on a Redis that is not there says so', async () => {
  await using store = redisStore({ url: 'redis://127.0.0.1:1' }, { operationTimeout: 300 });
  await expect(store.start(AbortSignal.timeout(10_000))).rejects.toThrow(
    /redis:\/\/127\.0\.0\.1:1 cannot be used.*ECONNREFUSED/,
  );
  expect(await refusal(enqueue(store, message('a')))).toBe('store-unavailable');
});

test('a wrong password is named as the reason', async () => {
  await using server = await startRedisServer({ args: ['--requirepass', 'secret'] });
  await using store = redisStore(server, { operationTimeout: 1_000 });
  await expect(store.start(AbortSignal.timeout(10_000))).rejects.toThrow(/NOAUTH/);
});

test('a full Redis refuses to store more with store-full, and goes on to take things out', async () => {
  await using server = await startRedisServer({ args: ['--maxmemory', '4mb', '--maxmemory-policy', 'noeviction'] });
  await using store = await openRedisStore(server);
  const outcomes: unknown[] = [];
  while (outcomes.at(-1) !== 'store-full') {
    const large = message('large', { payload: Buffer.alloc(100_000) });
    outcomes.push(await refusal(enqueue(store, large)));
  }
  expect(await messagesOf(store)).toHaveLength(outcomes.length - 1);
  for (const packet of await messagesOf(store)) await store.discard(alice, packet as NamedPacket);
  expect(store.stats()).toMatchObject({ queuedMessages: 0, queuedBytes: 0 });
});

test('a connection that breaks under load makes no message twice and loses none', async () => {
  await using server = await startRedisServer();
  await using store = await openRedisStore(server, { operationTimeout: 60_000, reconnectDelayMax: 20 });
  const redis = new Redis(server.url);
  const topics = numbered(5_000);
  const writes = topics.map((topic) => enqueue(store, message(topic, { qos: 2 })));
  for (const at of [300, 1_500, 2_500, 4_000]) {
    await writes[at];
    await redis.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  }
  await Promise.all(writes);
  redis.disconnect();
  expect((await messagesOf(store)).map(({ topic }) => topic)).toEqual(topics);
});

test('SCRIPT FLUSH by somebody else is not noticed', async () => {
  await using server = await startRedisServer();
  await using store = await openRedisStore(server);
  const redis = new Redis(server.url);
  await redis.script('FLUSH');
  redis.disconnect();
  await enqueue(store, message('a'));
  expect(await messagesOf(store)).toHaveLength(1);
});

test('a queue of 100,000 messages is read in order in one go, in bounded memory', async () => {
  await using server = await startRedisServer();
  await using store = await openRedisStore(server, { queue: { messages: 100_000, bytes: 1_000_000_000 } });
  const payload = Buffer.alloc(1_000);
  for (let start = 0; start < 100_000; start += 1_000)
    await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => enqueue(store, message(`t/${start + index}`, { payload }))),
    );
  expect(store.stats().queuedMessages).toBe(100_000);
  const used = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  const before = used();
  let count = 0;
  let most = 0;
  for await (const packet of store.queue(alice) as AsyncIterable<StoredMessage>) {
    if (packet.topic === `t/${count}`) count += 1;
    if (count % 1_000 === 0) most = Math.max(most, used() - before);
  }
  expect(count).toBe(100_000);
  expect(most).toBeLessThan(120_000_000); // garbage included; all of it would be more than 200 MB
});

test('the end of a session with a long queue leaves nothing behind', async () => {
  await using server = await startRedisServer();
  await using store = await openRedisStore(server, { keyPrefix: 'p:' });
  const both = [{ clientId: 'alice' }, { clientId: 'bob' }];
  await Promise.all(numbered(2_000).map((topic) => store.keep(message(topic), both)));
  await Promise.all(numbered(2_000).map((topic) => enqueue(store, message(topic))));
  await store.endSession(alice);
  expect(store.stats()).toMatchObject({ queuedMessages: 2_000 });
  expect(await messagesOf(store)).toEqual([]);
  expect(await read(store.queue('bob'))).toHaveLength(2_000);
  await store.endSession('bob');
  const redis = new Redis(server.url);
  const leftOver = async () =>
    (await redis.keys('p:*')).filter((key) => /:(packet|rubbish|queue|sent)\b(?!-count)/.test(key));
  await expect.poll(leftOver).toEqual([]);
  redis.disconnect();
});

test.each([60_000, -60_000])(
  'the clock of Redis may be set by %i ms at any time: nothing is refused, and nothing late is done',
  async (jumpMs) => {
    await using server = await startRedisServer();
    // its clock against ours is all that counts, and ours is the one that a test can set
    let behindMs = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() - behindMs };
    await using store = await openRedisStore(server, { operationTimeout: 2_000 }, { clock });
    await enqueue(store, message('before'));
    behindMs += jumpMs;
    await enqueue(store, message('after'));
    expect((await messagesOf(store)).map(({ topic }) => topic)).toEqual(['before', 'after']);

    // a batch that reaches Redis after its deadline by the new time
    const redis = new Redis(server.url);
    await redis.call('CLIENT', 'PAUSE', '2500', 'ALL');
    expect(await refusal(enqueue(store, message('late')))).toBe('store-unavailable');
    await redis.ping(); // answered when the pause is over
    redis.disconnect();
    await enqueue(store, message('last'));
    expect((await messagesOf(store)).map(({ topic }) => topic)).toEqual(['before', 'after', 'last']);
  },
);
