import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startRedisServer } from '../support/redis-server.ts';
import { type ServingBroker, serve } from '../support/serving.ts';
import { SocketClient } from '../support/socket-client.ts';

const megabyte = 1_048_576;
const stays = { clean: false } as const;

const numbers = (count: number, padding = ''): string[] =>
  Array.from({ length: count }, (_, index) => `${index} ${padding}`);

/** Everything that the process has open. */
const openFiles = ({ program }: ServingBroker): number => readdirSync(`/proc/${program.process.pid}/fd`).length;

/** What is garbage, and lies in the young generation until V8 has let that grow, is no growth. */
const smallYoungGeneration = { NODE_OPTIONS: '--max-semi-space-size=1' };

test('a client that never acknowledges gets limits.inFlight messages, its queue is bounded with a counter, and nobody else waits', async () => {
  await using broker = await serve({ store: { queue: { messages: 1_000 } }, limits: { inFlight: 100 } });
  await using mute = await SocketClient.open(broker.port, 'mute', { connect: stays, answers: false });
  await mute.subscribe('flood', 1);
  await using other = await SocketClient.open(broker.port, 'other', { connect: stays });
  await other.subscribe('flood', 1);
  await using publisher = await SocketClient.open(broker.port, 'publisher');
  const all = numbers(30_000, 'x'.repeat(1_024));
  let before = 0;
  for (let start = 0; start < all.length; start += 500) {
    if (start === 10_000) before = broker.ownBytes(); // what grows once is there: compiled code, and the young generation
    await publisher.publishAll('flood', all.slice(start, start + 500));
    await expect.poll(() => other.messages.length, { interval: 2 }).toBe(start + 500);
  }
  expect(other.messages.map(({ payload }) => payload.toString())).toEqual(all);
  await mute.ping();
  expect(mute.messages.length).toBe(100);
  expect(await broker.metric('store_dropped_total', 'reason="queue-full"')).toBe(all.length - 1_000);
  expect(broker.ownBytes() - before, '20 MB went through, and 1 MB waits').toBeLessThan(80 * megabyte);

  await mute[Symbol.asyncDispose]();
  await using back = await SocketClient.open(broker.port, 'mute', { connect: stays });
  await expect.poll(() => back.messages.at(-1)?.payload.toString()).toBe(all.at(-1));
  const came = back.messages.map(({ payload }) => Number(payload.toString().split(' ')[0]));
  expect(came).toEqual(came.toSorted((a, b) => a - b));
  expect(came.length).toBe(1_000);
  expect(back.messages.filter(({ dup }) => dup).length).toBeLessThanOrEqual(100);
});

test('a client that reconnects 1,000 times keeps its session, and leaves nothing behind', async () => {
  await using broker = await serve({}, smallYoungGeneration);
  const reconnect = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time += 1) {
      await using client = await SocketClient.open(broker.port, 'restless', { connect: stays });
      expect(client.isResumed, `time ${time}`).toBe(true);
    }
  };
  {
    await using first = await SocketClient.open(broker.port, 'restless', { connect: stays });
    await first.subscribe('kept', 1);
  }
  await reconnect(1_000); // what grows once: compiled code, and what its compilers keep, 25 MB after some 600 of them
  const [files, memory] = [openFiles(broker), broker.ownBytes()];
  await reconnect(1_000);
  await expect.poll(() => broker.metric('mqtt_connections')).toBe(0);
  await expect.poll(() => openFiles(broker)).toBeLessThanOrEqual(files + 2);
  expect(broker.ownBytes() - memory, 'connections of 16 KB each that stay').toBeLessThan(16 * megabyte);
  expect(await broker.metric('mqtt_connects_total')).toBe(2_001);
  expect(await broker.metric('mqtt_disconnects_total')).toBe(2_001);
  expect(await broker.metric('plane_subscriptions')).toBe(0);

  await using publisher = await SocketClient.open(broker.port, 'publisher');
  await publisher.publishAll('kept', ['for later']);
  await using back = await SocketClient.open(broker.port, 'restless', { connect: stays });
  await expect.poll(() => back.messages.map(({ payload }) => payload.toString())).toEqual(['for later']);
});

describe('a client with 100,000 queued messages gets all of them in order, and the broker keeps them out of its memory', () => {
  const expectDrained = async (store: Readonly<Record<string, unknown>>): Promise<void> => {
    const queue = { messages: 200_000, bytes: '1GiB' };
    await using broker = await serve({ store: { ...store, queue } }, smallYoungGeneration);
    const before = broker.ownBytes();
    {
      await using away = await SocketClient.open(broker.port, 'away', { connect: stays });
      await away.subscribe('kept', 1);
    }
    const all = numbers(100_000, 'x'.repeat(200));
    await using publisher = await SocketClient.open(broker.port, 'publisher');
    await publisher.publishAll('kept', all);
    const queued = broker.ownBytes();
    let next = 0;
    let isInOrder = true;
    const onMessage = ({ payload }: { readonly payload: string | Buffer }): void => {
      isInOrder &&= payload.toString() === all[next];
      next += 1;
    };
    await using back = await SocketClient.open(broker.port, 'away', { connect: stays, onMessage });
    await expect.poll(() => next, { interval: 20, timeout: 90_000 }).toBeGreaterThanOrEqual(all.length);
    await back.ping();
    expect(next).toBe(all.length);
    expect(isInOrder).toBe(true);
    const drained = broker.ownBytes();
    expect(Math.max(queued, drained) - before).toBeLessThan(200 * megabyte);
    expect(await broker.metric('store_dropped_total')).toBe(0);
  };

  test('on disk', () => expectDrained({ type: 'disk' }), 120_000);

  test('on Redis', async () => {
    await using redis = await startRedisServer({ appendonly: 'everysec' });
    await expectDrained({ type: 'redis', redis: { url: redis.url } });
  });
});
