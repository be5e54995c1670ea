import type { IPublishPacket, Packet } from 'mqtt-packet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Broker } from '../../src/broker/broker.ts';
import type { Store } from '../../src/broker/store-port.ts';
import type { Message, Qos } from '../../src/plane/message.ts';
import { diskStore } from '../support/disk-store.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { memoryStore, startMemoryBroker } from '../support/memory-broker.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { redisStore } from '../support/redis-store.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { WireClient } from '../support/wire-client.ts';

const signal = new AbortController().signal; // the time limit of each test ends what hangs
const filter = '$share/g/jobs/+';

interface World extends AsyncDisposable {
  readonly broker: Broker;
  readonly store: Store;
  readonly clock: FakeClock;
}

const message = (payload: string, qos: Qos = 1, more: Partial<Message> = {}): Message => ({
  topic: 'jobs/a',
  payload: Buffer.from(payload),
  qos,
  retain: false,
  origin: { kind: 'broker' },
  ...more,
});
const publishes = (client: WireClient): IPublishPacket[] =>
  client.received.filter((packet): packet is IPublishPacket => packet.cmd === 'publish');
const payloads = (client: WireClient): string[] => publishes(client).map(({ payload }) => payload.toString());
const until = (client: WireClient, count: number): Promise<void> =>
  expect.poll(() => publishes(client).length, { interval: 1 }).toBe(count);
const untilConnected = (broker: Broker, count: number): Promise<void> =>
  expect.poll(() => broker.connections(), { interval: 1 }).toBe(count);
const subscribe = (client: WireClient, topic = filter, qos: Qos = 2): Promise<Packet> =>
  client.ask({ cmd: 'subscribe', messageId: 9, subscriptions: [{ topic, qos }] }, 'suback');
const member = async (
  broker: Broker,
  clientId: string,
  answers: boolean,
  receiveMaximum = 100,
): Promise<WireClient> => {
  const client = new WireClient(broker, 5, { answers });
  await client.connect(clientId, false, {
    properties: { sessionExpiryInterval: clientId === 'worker' ? 600 : 6_000, receiveMaximum },
  });
  return client;
};

/** A worker that has answered nothing of these, and is away. */
async function leaveBehind(broker: Broker, messages: readonly Message[], receiveMaximum?: number): Promise<void> {
  const worker = await member(broker, 'worker', false, receiveMaximum);
  await subscribe(worker);
  for (const one of messages) await broker.publish(one);
  await until(worker, Math.min(messages.length, receiveMaximum ?? messages.length));
  worker.close();
  await untilConnected(broker, 0);
}

/** How a session ends. [MQTT-3.1.2-23] [MQTT-3.1.2-4] [MQTT 5, 3.14.2.2.2] */
const ends: Readonly<Record<string, (world: World) => Promise<void>>> = {
  'nobody came back in time': async ({ clock, store }) => {
    clock.advance(601_000);
    await expect.poll(() => store.session('worker'), { interval: 1 }).toBeUndefined();
  },
  'a clean start': async ({ broker }) => {
    const again = new WireClient(broker, 5);
    expect(await again.connect('worker', true)).toMatchObject({ sessionPresent: false });
    again.close();
  },
  'DISCONNECT with expiry 0': async ({ broker, store }) => {
    const again = await member(broker, 'worker', false, 2); // what was not sent stays so
    again.send({ cmd: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 0 } });
    await expect.poll(() => store.session('worker'), { interval: 1 }).toBeUndefined();
  },
};

let server: RedisServer;
beforeAll(async () => {
  server = await startRedisServer();
});
afterAll(() => server[Symbol.asyncDispose]());
let opened = 0;

const stores: Readonly<Record<string, () => Promise<Store & AsyncDisposable>>> = {
  memory: async () => Object.assign(memoryStore(), { [Symbol.asyncDispose]: async () => undefined }),
  redis: async () => {
    opened += 1;
    return redisStore(server, { keyPrefix: `t${opened}:` });
  },
  disk: async () => {
    const directory = await temporaryDirectory();
    return Object.assign(diskStore(directory.path), {
      [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
    });
  },
};

describe.each(Object.entries(stores))('%s store: a session in a shared group', (_store, open) => {
  const start = async (hotPath: 'on' | 'off' = 'on'): Promise<World> => {
    const store = await open();
    await store.start(signal);
    const clock = fakeClock(1_000_000);
    const broker = await startMemoryBroker({ store, clock, hotPath });
    const dispose = async (): Promise<void> => {
      await broker.stop(signal);
      await store.stop(signal);
      await store[Symbol.asyncDispose]();
    };
    return { broker, store, clock, [Symbol.asyncDispose]: dispose };
  };

  test('leaves nothing that it has an ordinary subscription for, and nothing of which nobody else is a member', async () => {
    await using world = await start();
    const { broker, store } = world;
    const worker = await member(broker, 'worker', false);
    await subscribe(worker);
    await subscribe(worker, '$share/alone/jobs/b', 1);
    await subscribe(worker, 'jobs/a', 1);
    await broker.publish(message('own'));
    await broker.publish(message('alone', 1, { topic: 'jobs/b' }));
    await until(worker, 2);
    const other = await member(broker, 'other', true);
    await subscribe(other);
    worker.send({ cmd: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 0 } });
    await expect.poll(() => store.stats().queuedMessages, { interval: 1 }).toBe(0);
    await other.settle();
    expect(payloads(other)).toEqual(['alone']);
  });

  test('is not found again while it ends, and what comes meanwhile is not left for it (MQTT-3.2.2-3)', async () => {
    await using world = await start('off');
    const { broker, store, clock } = world;
    await leaveBehind(broker, [message('1')]);
    const before = await member(broker, 'other', true);
    await subscribe(before);
    before.close();
    await untilConnected(broker, 0);
    clock.advance(601_000); // it ends, and has not ended yet
    expect(store.filtersOf('worker')).not.toEqual([]);
    const sent = Array.from({ length: 4 }, (_, number) => broker.publish(message(`new ${number}`)));
    const again = new WireClient(broker, 5);
    expect(await again.connect('worker', false)).toMatchObject({ sessionPresent: false });
    await Promise.all(sent);
    const other = await member(broker, 'other', true);
    await until(other, 5);
    expect(payloads(other).toSorted()).toEqual(['1', 'new 0', 'new 1', 'new 2', 'new 3']);
  });

  test('leaves what expires no longer than it lives, and with what is left of its time [MQTT-3.3.2-6]', async () => {
    await using world = await start();
    const { broker, clock } = world;
    const expiring = (payload: string, seconds: number): Message =>
      message(payload, 1, { properties: { messageExpiryInterval: seconds } });
    await leaveBehind(broker, [expiring('short', 300), expiring('long', 3_000)]);
    const other = await member(broker, 'other', true);
    await subscribe(other);
    clock.advance(601_000);
    await until(other, 1);
    expect(payloads(other)).toEqual(['long']);
    const { messageExpiryInterval = 0 } = publishes(other)[0]?.properties ?? {};
    expect(messageExpiryInterval).toBeGreaterThan(2_390);
    expect(messageExpiryInterval).toBeLessThanOrEqual(2_400);
  });

  test('gets what a clean session left with what is left of its time, or not at all [MQTT-3.3.2-6]', async () => {
    await using world = await start();
    const { broker, clock } = world;
    const clean = new WireClient(broker, 5, { answers: false });
    await clean.connect('clean', true);
    await subscribe(clean);
    for (const seconds of [300, 3_000])
      await broker.publish(message(`${seconds}`, 1, { properties: { messageExpiryInterval: seconds } }));
    await until(clean, 2);
    clock.advance(600_000);
    const other = await member(broker, 'other', true);
    await subscribe(other);
    clean.close();
    await until(other, 1);
    expect(publishes(other)).toMatchObject([
      { payload: Buffer.from('3000'), properties: { messageExpiryInterval: 2_400 } },
    ]);
  });

  test('gets what a clean session left in its own queue, whoever else has it queued [MQTT 5, 4.8.2]', async () => {
    await using world = await start();
    const { broker, store } = world;
    const log = await member(broker, 'log', false);
    await subscribe(log, 'jobs/#', 1);
    log.close();
    const clean = new WireClient(broker, 5, { answers: false });
    await clean.connect('clean', true);
    await subscribe(clean);
    clean.send({ cmd: 'publish', topic: 'jobs/a', payload: 'x', qos: 1, messageId: 1, dup: false, retain: false });
    await until(clean, 1);
    const other = await member(broker, 'other', false);
    await subscribe(other);
    clean.close();
    await until(other, 1);
    await expect.poll(() => store.stats().queuedMessages, { interval: 1 }).toBe(2);
    other.close();
    await untilConnected(broker, 0);
    const again = await member(broker, 'other', true);
    await until(again, 1);
    expect(publishes(again)).toMatchObject([{ dup: true, payload: Buffer.from('x') }]);
  });

  describe.each(Object.entries(ends))('that ends by %s', (_name, end) => {
    test('leaves what it did not acknowledge to a member that is connected, in order and once [MQTT 5, 4.8.2]', async () => {
      await using world = await start();
      const { broker, store } = world;
      await leaveBehind(
        broker,
        ['1', '2', '3'].map((payload) => message(payload)),
      );
      const other = await member(broker, 'other', true);
      await subscribe(other);
      await end(world);
      await until(other, 3);
      expect(payloads(other)).toEqual(['1', '2', '3']);
      expect(publishes(other).map(({ dup }) => dup)).toEqual([false, false, false]);
      await expect.poll(() => store.stats().queuedMessages, { interval: 1 }).toBe(0);
    });

    test('leaves it to the queue of a member that is away [MQTT 5, 4.8.2]', async () => {
      await using world = await start();
      const { broker } = world;
      await leaveBehind(
        broker,
        ['1', '2', '3'].map((payload) => message(payload)),
      );
      const before = await member(broker, 'other', true);
      await subscribe(before);
      before.close();
      await untilConnected(broker, 0);
      await end(world);
      const other = await member(broker, 'other', true);
      await until(other, 3);
      expect(payloads(other)).toEqual(['1', '2', '3']);
    });

    test('keeps what was being sent at QoS 2, and leaves what was not sent yet [MQTT-4.8.2-5]', async () => {
      await using world = await start();
      const { broker, store } = world;
      await leaveBehind(broker, [message('sending', 2), message('sent'), message('waits', 2), message('too')], 2);
      const other = await member(broker, 'other', true);
      await subscribe(other);
      await end(world);
      await until(other, 3);
      expect(payloads(other).toSorted()).toEqual(['sent', 'too', 'waits']); // each QoS has an order of its own
      await expect.poll(() => store.stats().queuedMessages, { interval: 1 }).toBe(0);
    });
  });
});
