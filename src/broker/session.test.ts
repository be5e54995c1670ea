import type { IPublishPacket, Packet } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { type FakeClock, fakeClock } from '../../test/support/fake-clock.ts';
import { memoryStore, startMemoryBroker } from '../../test/support/memory-broker.ts';
import { WireClient } from '../../test/support/wire-client.ts';
import type { Message, Qos } from '../plane/message.ts';
import type { Broker } from './broker.ts';

const signal = new AbortController().signal; // the time limit of each test ends what hangs
const message = (topic: string, payload: string, qos: Qos = 1, more: Partial<Message> = {}): Message => ({
  topic,
  payload: Buffer.from(payload),
  qos,
  retain: false,
  origin: { kind: 'broker' },
  ...more,
});
const subscribe = (client: WireClient, topic: string, qos: Qos): Promise<Packet> =>
  client.ask({ cmd: 'subscribe', messageId: 9, subscriptions: [{ topic, qos }] }, 'suback');
const publishes = (client: WireClient): IPublishPacket[] =>
  client.received.filter((packet): packet is IPublishPacket => packet.cmd === 'publish');
const payloads = (client: WireClient): string[] => publishes(client).map(({ payload }) => payload.toString());
const until = (client: WireClient, count: number): Promise<void> =>
  expect.poll(() => publishes(client).length, { interval: 1 }).toBe(count);

test.each([4, 5] as const)(
  'MQTT %i: what was not answered comes again under the same packet identifiers with DUP, and PUBREL again (MQTT-4.4.0-1)',
  async (version) => {
    const broker = await startMemoryBroker();
    const before = new WireClient(broker, version, { answers: false });
    await before.connect('s', false);
    await subscribe(before, 't', 2);
    for (const [payload, qos] of [
      ['a', 1],
      ['b', 2],
      ['c', 2],
      ['d', 1],
    ] as const)
      await broker.publish(message('t', payload, qos));
    await until(before, 4);
    const ids = publishes(before).map(({ messageId = 0 }) => messageId);
    await before.ask({ cmd: 'pubrec', messageId: ids[1] ?? 0 }, 'pubrel');
    before.close();
    const after = new WireClient(broker, version, { answers: false });
    const connack = await after.connect('s', false);
    expect(connack).toMatchObject({ sessionPresent: true });
    await until(after, 3);
    expect(publishes(after).map(({ messageId, dup, payload }) => [messageId, dup, payload.toString()])).toEqual([
      [ids[0], true, 'a'],
      [ids[2], true, 'c'],
      [ids[3], true, 'd'],
    ]);
    expect(after.received.filter(({ cmd }) => cmd === 'pubrel')).toMatchObject([{ messageId: ids[1] }]);
    await broker.stop(signal);
  },
);

test('a persistent session gets no more than its Receive Maximum, and the rest in order as it answers (MQTT-3.3.4-9)', async () => {
  const broker = await startMemoryBroker();
  const client = new WireClient(broker, 5, { answers: false });
  await client.connect('s', false, { properties: { receiveMaximum: 2, sessionExpiryInterval: 600 } });
  await subscribe(client, 't', 1);
  for (let number = 0; number < 50; number += 1) await broker.publish(message('t', String(number)));
  for (let answered = 0; answered < 50; answered += 1) {
    await until(client, Math.min(50, answered + 2));
    client.send({ cmd: 'puback', messageId: publishes(client)[answered]?.messageId ?? 0 });
  }
  expect(payloads(client)).toEqual(Array.from({ length: 50 }, (_, number) => String(number)));
  await broker.stop(signal);
});

test('a session without subscriptions is present all the same, until a clean start (MQTT-3.2.2-3, MQTT-3.1.2-4)', async () => {
  const broker = await startMemoryBroker();
  const connect = async (isClean: boolean): Promise<Packet> => {
    const client = new WireClient(broker, 4);
    const connack = await client.connect('s', isClean);
    client.close();
    return connack;
  };
  expect(await connect(false)).toMatchObject({ sessionPresent: false });
  expect(await connect(false)).toMatchObject({ sessionPresent: true });
  expect(await connect(true)).toMatchObject({ sessionPresent: false });
  expect(await connect(false)).toMatchObject({ sessionPresent: false });
  await broker.stop(signal);
});

test('a session belongs to its principal: nobody else may resume or clean it', async () => {
  let principal = 'alice';
  const broker = await startMemoryBroker({
    authenticator: { authenticate: () => ({ kind: 'accept', principal, trust: 'none' }) },
  });
  const alice = new WireClient(broker, 5);
  await alice.connect('s', false);
  principal = 'mallory';
  for (const isClean of [true, false])
    expect(await new WireClient(broker, 5).connect('s', isClean)).toMatchObject({ reasonCode: 0x87 });
  expect(await new WireClient(broker, 4).connect('s', true)).toMatchObject({ returnCode: 5 });
  await alice.settle();
  expect(alice.closed).toBeUndefined();
  await broker.stop(signal);
});

describe('a session belongs to a principal and who vouches for it, from its first to its last moment', () => {
  let identity = { principal: 'alice', trust: 'one' };
  const authenticator = { authenticate: () => ({ kind: 'accept', ...identity }) as const };
  const others = [
    { principal: 'mallory', trust: 'one' },
    { principal: 'alice', trust: 'two' },
  ];

  test.each([
    ['clean', true],
    ['persistent', false],
  ] as const)('a %s one of a connected client cannot be taken over by another', async (_kind, isClean) => {
    const broker = await startMemoryBroker({ authenticator });
    for (const version of [4, 5] as const) {
      identity = { principal: 'alice', trust: 'one' };
      const alice = new WireClient(broker, version);
      await alice.connect(`s${version}`, isClean);
      for (identity of others)
        for (const isCleanStart of [true, false]) {
          const connect = (by: 4 | 5): Promise<Packet> =>
            new WireClient(broker, by).connect(`s${version}`, isCleanStart);
          expect(await connect(5)).toMatchObject({ reasonCode: 0x87 });
          expect(await connect(4)).toMatchObject({ returnCode: 5 });
        }
      await alice.settle();
      expect(alice.closed).toBeUndefined();
      identity = { principal: 'alice', trust: 'one' };
      await new WireClient(broker, version).connect(`s${version}`, isClean);
      expect(alice.closed).toBeDefined();
    }
    await broker.stop(signal);
  });

  test('a clean one is over with its connection, and the client id free for everybody', async () => {
    const broker = await startMemoryBroker({ authenticator });
    identity = { principal: 'alice', trust: 'one' };
    const alice = new WireClient(broker, 5);
    await alice.connect('s', true);
    alice.close();
    identity = { principal: 'mallory', trust: 'one' };
    expect(await new WireClient(broker, 5).connect('s', false)).toMatchObject({ reasonCode: 0 });
    await broker.stop(signal);
  });

  test('one that an earlier version kept is resumed by its principal, and belongs to who vouches for it from then on', async () => {
    const store = memoryStore();
    await store.putSession({ clientId: 's', principal: 'alice', expirySeconds: 600, disconnectedAt: Date.now() });
    const broker = await startMemoryBroker({ authenticator, store });
    const connect = (): Promise<Packet> => new WireClient(broker, 5).connect('s', false);
    identity = { principal: 'mallory', trust: 'one' };
    expect(await connect()).toMatchObject({ reasonCode: 0x87 });
    identity = { principal: 'alice', trust: 'one' };
    expect(await connect()).toMatchObject({ sessionPresent: true });
    identity = { principal: 'alice', trust: 'two' };
    expect(await connect()).toMatchObject({ reasonCode: 0x87 });
    await broker.stop(signal);
  });
});

/** Lets what waits for a turn of the event loop happen between two steps of a clock that stands still. */
async function advance(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    clock.advance(500);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function isPresent(broker: Broker, clientId: string): Promise<boolean> {
  const client = new WireClient(broker, 5);
  const connack = await client.connect(clientId, false);
  client.close();
  return connack.cmd === 'connack' && connack.sessionPresent;
}

test('a session ends when nobody came back in time, also one of 3.1.1 and one of an earlier run (MQTT-4.1.0-2)', async () => {
  const clock = fakeClock(1_000_000);
  const store = memoryStore();
  const first = await startMemoryBroker({ clock, store, limits: { sessionExpiry: '60s' } });
  await new WireClient(first, 4).connect('old', false);
  const left = new WireClient(first, 5);
  await left.connect('left', false, { properties: { sessionExpiryInterval: 30 } });
  left.close();
  await advance(clock, 20_000);
  expect(await isPresent(first, 'left')).toBe(true);
  await first.disconnectAll();
  const second = await startMemoryBroker({ clock, store, limits: { sessionExpiry: '60s' } });
  await advance(clock, 59_000);
  expect(await isPresent(second, 'old')).toBe(true);
  await advance(clock, 62_000);
  expect(await isPresent(second, 'old')).toBe(false);
  await second.stop(signal);
  await first.stop(signal);
});

test('the wills of an earlier run are published at the next start, those with a delay when it is over (MQTT-3.1.2-8)', async () => {
  const clock = fakeClock(1_000_000);
  const store = memoryStore();
  const first = await startMemoryBroker({ clock, store });
  const will = (topic: string, willDelayInterval: number) => ({
    will: { topic, payload: Buffer.from('gone'), qos: 1 as const, retain: false, properties: { willDelayInterval } },
    properties: { sessionExpiryInterval: 600 },
  });
  await new WireClient(first, 5).connect('now', false, will('w/now', 0));
  await new WireClient(first, 5).connect('later', false, will('w/later', 10));
  const second = await startMemoryBroker({ clock, store });
  const watcher = new WireClient(second, 4);
  await watcher.connect('watcher', true);
  await subscribe(watcher, 'w/#', 0);
  await advance(clock, 2_000);
  expect(watcher.seen.map(({ topic }) => topic)).toEqual(['w/now']);
  await advance(clock, 12_000);
  expect(watcher.seen.map(({ topic }) => topic)).toEqual(['w/now', 'w/later']);
  await second.stop(signal);
});

test('what a member of a shared group leaves unanswered goes to another member (MQTT 5, 4.8.2)', async () => {
  const broker = await startMemoryBroker();
  const silent = new WireClient(broker, 5, { answers: false });
  await silent.connect('silent', true);
  await subscribe(silent, '$share/g/t', 1);
  for (const payload of ['1', '2', '3']) await broker.publish(message('t', payload));
  await until(silent, 3);
  const other = new WireClient(broker, 4);
  await other.connect('other', true);
  await subscribe(other, '$share/g/t', 1);
  silent.close();
  await until(other, 3);
  expect(payloads(other)).toEqual(['1', '2', '3']);
  await broker.stop(signal);
});

test('an offline member of a shared group gets messages only while no member is connected, each one once', async () => {
  const broker = await startMemoryBroker();
  for (const id of ['a', 'b']) {
    const member = new WireClient(broker, 4);
    await member.connect(id, false);
    await subscribe(member, '$share/g/t', 1);
    member.close();
  }
  for (let number = 0; number < 6; number += 1) await broker.publish(message('t', String(number)));
  const online = new WireClient(broker, 5);
  await online.connect('online', true);
  await subscribe(online, '$share/g/t', 1);
  await broker.publish(message('t', 'live'));
  await until(online, 1);
  const got: string[] = [];
  for (const id of ['a', 'b']) {
    const member = new WireClient(broker, 4);
    await member.connect(id, false);
    await until(member, 3);
    got.push(...payloads(member));
    member.close();
  }
  expect(got.toSorted()).toEqual(['0', '1', '2', '3', '4', '5']);
  expect(payloads(online)).toEqual(['live']);
  await broker.stop(signal);
});

test('messages that wait for a session are sent with what is left of their life (MQTT-3.3.2-6)', async () => {
  const clock = fakeClock(Date.now());
  const broker = await startMemoryBroker({ clock });
  const before = new WireClient(broker, 5);
  await before.connect('s', false);
  await subscribe(before, 't', 1);
  before.close();
  await broker.publish(message('t', 'lasts', 1, { properties: { messageExpiryInterval: 100 } }));
  await advance(clock, 40_000);
  const after = new WireClient(broker, 5);
  await after.connect('s', false);
  await until(after, 1);
  expect(publishes(after)[0]?.properties).toMatchObject({ messageExpiryInterval: 60 });
  await broker.stop(signal);
});

test('a wall clock that is set while a client is away ends its session neither early nor late', async () => {
  for (const ms of [-3_600_000, 3_600_000]) {
    const clock = fakeClock(10 * 3_600_000);
    const broker = await startMemoryBroker({ clock, limits: { sessionExpiry: '60s' } });
    const client = new WireClient(broker, 4);
    await client.connect('s', false);
    client.close();
    clock.jump(ms);
    await advance(clock, 50_000);
    expect(await isPresent(broker, 's')).toBe(true);
    await advance(clock, 62_000);
    expect(await isPresent(broker, 's')).toBe(false);
    await broker.stop(signal);
  }
});

test('a wall clock that is set back between two runs makes no session last longer than its interval', async () => {
  const clock = fakeClock(10 * 3_600_000);
  const store = memoryStore();
  await store.putSession({ clientId: 's', principal: 'anonymous', expirySeconds: 60, disconnectedAt: clock.now() });
  clock.jump(-3_600_000);
  const broker = await startMemoryBroker({ clock, store });
  await advance(clock, 62_000);
  expect(await store.session('s')).toBeUndefined();
  await broker.stop(signal);
});
