import type { ISubackPacket, Packet } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { memoryStore, startMemoryBroker } from '../../test/support/memory-broker.ts';
import { publishPacket as publish, WireClient } from '../../test/support/wire-client.ts';
import type { AuthorizedClient, Authorizer } from './ports.ts';

const signal = new AbortController().signal; // the time limit of each test ends what hangs

/** Rules that a test changes; it hears what was asked. */
function rules() {
  const asked: string[] = [];
  const state = { generation: 0, isForbidden: (_topic: string): boolean => false };
  const verdict = ({ clientId, principal }: AuthorizedClient, what: string, topic: string): string | undefined => {
    asked.push(`${clientId}/${principal} ${what} ${topic}`);
    return state.isForbidden(topic) ? `"${topic}" is forbidden` : undefined;
  };
  const authorizer: Authorizer = {
    get generation() {
      return state.generation;
    },
    publish: (client, { topic, qos, isRetained }) =>
      verdict(client, `publish${isRetained ? ' retained' : ''} ${qos}`, topic),
    subscribe: (client, filter, qos) => verdict(client, `subscribe ${qos}`, filter),
  };
  const change = (isForbidden: (topic: string) => boolean): void => {
    state.isForbidden = isForbidden;
    state.generation += 1;
  };
  return { authorizer, asked, change };
}

const nothing = (): Authorizer => ({ generation: 0, publish: () => undefined, subscribe: () => undefined });

async function subscribe(client: WireClient, ...topics: string[]): Promise<readonly unknown[]> {
  const subscriptions = topics.map((topic) => ({ topic, qos: 1 as const }));
  return ((await client.ask({ cmd: 'subscribe', messageId: 1, subscriptions }, 'suback')) as ISubackPacket).granted;
}

describe.each(['on', 'off'] as const)('with the hot path %s', (hotPath) => {
  test('what a client may not publish reaches nobody at any QoS, retained or not, and MQTT 5 hears 0x87 [MQTT-3.4.2-1]', async () => {
    const { authorizer, change } = rules();
    const broker = await startMemoryBroker({ hotPath, authorizer });
    const reader = new WireClient(broker, 4);
    await reader.connect('reader', false);
    await subscribe(reader, '#');
    const client = new WireClient(broker, 5, { answers: false });
    await client.connect('p', false);
    change((topic) => topic === 'no');
    client.send(publish('no', 0, 0));
    client.send(publish('no', 0, 0, true));
    for (const retain of [false, true]) {
      expect(await client.ask(publish('no', 1, 7, retain), 'puback')).toMatchObject({ reasonCode: 0x87 });
      expect(await client.ask(publish('no', 2, 8, retain), 'pubrec')).toMatchObject({ reasonCode: 0x87 });
    }
    expect(await client.ask(publish('yes', 2, 8), 'pubrec')).toMatchObject({ reasonCode: 0 });
    await reader.settle();
    expect(reader.seen.map(({ topic }) => topic)).toEqual(['yes']);
    const late = new WireClient(broker, 4);
    await late.connect('late', true);
    await subscribe(late, '#');
    await late.settle();
    expect(late.seen).toEqual([]);
    await broker.stop(signal);
  });

  test.each([0, 1, 2] as const)(
    'before MQTT 5, where nothing says no, it ends the connection at QoS %i [3.1.1 MQTT-3.3.5-2]',
    async (qos) => {
      const { authorizer, change } = rules();
      const broker = await startMemoryBroker({ hotPath, authorizer });
      const client = new WireClient(broker, 4);
      await client.connect('p', true);
      change(() => true);
      client.send(publish('no', qos, 7));
      await expect.poll(() => client.closed, { interval: 1 }).toBe('ended');
      expect(client.received.map(({ cmd }) => cmd)).toEqual(['connack']);
      await broker.stop(signal);
    },
  );
});

test('a verdict is remembered for the topic of the connection, by QoS and retain, until the rules change', async () => {
  const { authorizer, asked, change } = rules();
  const broker = await startMemoryBroker({ authorizer });
  const client = new WireClient(broker, 5);
  await client.connect('p', true);
  for (const messageId of [1, 2, 3]) await client.ask(publish('a', 1, messageId), 'puback');
  expect(asked).toEqual(['p/anonymous publish 1 a']);
  await client.ask(publish('a', 1, 4, true), 'puback');
  await client.ask(publish('b', 1, 5), 'puback');
  expect(asked.splice(0)).toHaveLength(3);
  change((topic) => topic === 'b');
  expect(await client.ask(publish('b', 1, 6), 'puback')).toMatchObject({ reasonCode: 0x87 });
  change(() => false);
  expect(await client.ask(publish('b', 1, 7), 'puback')).toMatchObject({ reasonCode: 0x10 });
  expect(asked).toHaveLength(2);
  await broker.stop(signal);
});

test('a topic alias that was set before the rules changed is judged by the topic that it stands for', async () => {
  const { authorizer, change } = rules();
  const broker = await startMemoryBroker({ authorizer });
  const client = new WireClient(broker, 5);
  await client.connect('p', true);
  const aliased = (topic: string, messageId: number): Packet =>
    ({ ...publish(topic, 1, messageId), properties: { topicAlias: 1 } }) as Packet;
  expect(await client.ask(aliased('a', 1), 'puback')).toMatchObject({ reasonCode: 0x10 });
  change((topic) => topic === 'a');
  expect(await client.ask(aliased('', 2), 'puback')).toMatchObject({ reasonCode: 0x87 });
  await broker.stop(signal);
});

test('a filter that a client may not subscribe to gets 0x87, and goes from its session when it is resumed', async () => {
  const { authorizer, asked, change } = rules();
  const store = memoryStore();
  const broker = await startMemoryBroker({ authorizer, store });
  const client = new WireClient(broker, 5);
  await client.connect('s', false);
  change((filter) => filter === 'no/#');
  expect(await subscribe(client, 'yes', 'no/#', 'gone')).toEqual([1, 0x87, 1]);
  expect(asked).toEqual(['yes', 'no/#', 'gone'].map((filter) => `s/anonymous subscribe 1 ${filter}`));
  client.close();
  change((filter) => filter === 'gone');
  const back = new WireClient(broker, 5);
  await back.connect('s', false);
  await back.ping();
  expect((await store.subscriptionsOf('s')).map(({ filter }) => filter)).toEqual(['yes']);
  await broker.stop(signal);
});

test.each([false, true])('a will that its client may not publish is not sent (forbidden: %s)', async (isForbidden) => {
  const { authorizer, asked, change } = rules();
  const broker = await startMemoryBroker({ authorizer });
  const reader = new WireClient(broker, 4);
  await reader.connect('reader', true);
  await subscribe(reader, '#');
  const client = new WireClient(broker, 5);
  await client.connect('p', true, { will: { topic: 'will', payload: Buffer.from('bye'), qos: 1, retain: false } });
  change(() => isForbidden);
  client.close();
  await expect.poll(() => broker.connections(), { interval: 1 }).toBe(1);
  await reader.settle();
  expect(asked.at(-1)).toBe('p/anonymous publish 1 will');
  expect(reader.seen).toHaveLength(isForbidden ? 0 : 1);
  await broker.stop(signal);
});

test('whatever an authenticator said of a client is known wherever it is judged, its will at CONNECT and when it is sent included', async () => {
  const attributes = { groups: ['pumps'], claims: { site: 'north' } };
  const asked: unknown[] = [];
  const hear = (what: string, client: AuthorizedClient): undefined => void asked.push([what, client.attributes]);
  const broker = await startMemoryBroker({
    authenticator: { authenticate: () => ({ kind: 'accept', principal: 'ann', trust: 'test', attributes }) },
    authorizer: {
      generation: 0,
      publish: (client, { topic }) => hear(topic, client),
      subscribe: (client, filter) => hear(filter, client),
    },
  });
  const client = new WireClient(broker, 5);
  await client.connect('p', true, { will: { topic: 'will', payload: Buffer.from('bye'), qos: 1, retain: false } });
  await subscribe(client, 'filter');
  await client.ask(publish('topic', 1, 1), 'puback');
  client.close();
  await expect.poll(() => asked.length, { interval: 1 }).toBe(4);
  expect(asked).toEqual(['will', 'filter', 'topic', 'will'].map((what) => [what, attributes]));
  await broker.stop(signal);
});

/** Rules about who receives what, as `client topic`. */
function receiveRules() {
  const state = { generation: 0, forbidden: new Set<string>() };
  const authorizer: Authorizer = {
    ...nothing(),
    get generation() {
      return state.generation;
    },
    receive: ({ clientId }, topic) => (state.forbidden.has(`${clientId} ${topic}`) ? 'forbidden' : undefined),
  };
  const forbid = (...forbidden: readonly string[]): void => {
    state.forbidden = new Set(forbidden);
    state.generation += 1;
  };
  return { authorizer, forbid };
}

const seen = (client: WireClient): string[] => client.seen.map(({ topic, payload }) => `${topic} ${payload}`);
const say = (topic: string, payload: string, retain = false): Packet =>
  ({ ...publish(topic, 1, 1, retain), payload }) as Packet;

test.each([true, false])(
  'what a client may not receive does not come, live or retained, until the rules change (clean session: %s)',
  async (isClean) => {
    const { authorizer, forbid } = receiveRules();
    const broker = await startMemoryBroker({ authorizer });
    const publisher = new WireClient(broker, 5);
    await publisher.connect('p', true);
    await publisher.ask(say('a', 'retained', true), 'puback');
    forbid('r a');
    const reader = new WireClient(broker, 5);
    await reader.connect('r', isClean);
    await subscribe(reader, 'a', 'b');
    expect(await publisher.ask(say('a', '1'), 'puback')).toMatchObject({ reasonCode: 0x10 });
    await publisher.ask(say('b', '2'), 'puback');
    forbid();
    await publisher.ask(say('a', '3'), 'puback');
    forbid('r a');
    await publisher.ask(say('a', '4'), 'puback');
    await broker.publish({
      topic: 'a',
      payload: Buffer.from('5'),
      qos: 1,
      retain: false,
      origin: { kind: 'bridge', link: 'l', brokers: [] },
    });
    await reader.settle();
    expect(seen(reader)).toEqual(['b 2', 'a 3']);
    await broker.stop(signal);
  },
);

test('what was queued for a session that may not have it any more is dropped when it is back', async () => {
  const { authorizer, forbid } = receiveRules();
  const store = memoryStore();
  const broker = await startMemoryBroker({ authorizer, store });
  const reader = new WireClient(broker, 5);
  await reader.connect('r', false);
  await subscribe(reader, '#');
  reader.close();
  const publisher = new WireClient(broker, 5);
  await publisher.connect('p', true);
  await publisher.ask(say('a', '1'), 'puback');
  await publisher.ask(say('b', '2'), 'puback');
  forbid('r a');
  const back = new WireClient(broker, 5);
  await back.connect('r', false);
  await expect.poll(() => seen(back), { interval: 1 }).toEqual(['b 2']);
  await back.settle();
  expect(store.stats().queuedMessages).toBe(0);
  await broker.stop(signal);
});

test('of a shared group only members that may receive a topic are chosen', async () => {
  const { authorizer, forbid } = receiveRules();
  const broker = await startMemoryBroker({ authorizer });
  const members = [];
  for (const id of ['m1', 'm2']) {
    const member = new WireClient(broker, 5);
    await member.connect(id, true);
    await subscribe(member, '$share/g/#');
    members.push(member);
  }
  forbid('m1 a');
  const publisher = new WireClient(broker, 5);
  await publisher.connect('p', true);
  for (const payload of ['1', '2', '3', '4']) await publisher.ask(say('a', payload), 'puback');
  for (const member of members) await member.settle();
  expect(members.map(seen)).toEqual([[], ['a 1', 'a 2', 'a 3', 'a 4']]);
  await broker.stop(signal);
});
