import type { ISubackPacket, Packet } from 'mqtt-packet';
import { afterEach, describe, expect, test } from 'vitest';
import { createAuthorizer, type RulesAuthorizer } from '../../src/auth/rules/authorizer.ts';
import type { RuleOptions } from '../../src/auth/rules/rule-options.ts';
import { accessSchema } from '../../src/auth/schema.ts';
import type { Broker } from '../../src/broker/broker.ts';
import type { Store } from '../../src/broker/store-port.ts';
import { memoryStore, startMemoryBroker } from '../support/memory-broker.ts';
import { type RecordedTelemetry, recordedTelemetry } from '../support/recorded-telemetry.ts';
import { publishPacket as publish, WireClient } from '../support/wire-client.ts';

const signal = new AbortController().signal; // the time limit of each test ends what hangs
const accessOf = (rules: readonly RuleOptions[], before5 = 'disconnect') =>
  accessSchema.parse({ rules, denied: { before5 } });

/** A broker whose clients are the users that their client ids begin with, and which has rules. */
interface Guarded {
  readonly broker: Broker;
  readonly authorizer: RulesAuthorizer;
  readonly store: Store;
  readonly telemetry: RecordedTelemetry;
  readonly change: (...rules: readonly RuleOptions[]) => Promise<void>;
  readonly connect: (clientId: string, more?: Connecting) => Promise<WireClient>;
}
interface Connecting {
  readonly version?: 4 | 5;
  readonly isClean?: boolean;
  readonly answers?: boolean;
}

const open: Broker[] = [];
afterEach(async () => {
  for (const broker of open.splice(0)) await broker.stop(signal);
});

async function guarded(rules: readonly RuleOptions[], before5?: 'drop' | 'disconnect'): Promise<Guarded> {
  const authorizer = createAuthorizer(accessOf(rules, before5));
  const store = memoryStore();
  const telemetry = recordedTelemetry();
  const broker = await startMemoryBroker({
    authorizer,
    store,
    telemetry,
    authenticator: {
      authenticate: ({ clientId }) => ({ kind: 'accept', principal: clientId.split(':')[0] ?? '', trust: 'test' }),
    },
  });
  open.push(broker);
  return {
    broker,
    authorizer,
    store,
    telemetry,
    async change(...next) {
      await authorizer.prepare(accessOf(next, before5)).commit(signal);
      await broker.reconsider();
    },
    async connect(clientId, { version = 5, isClean = true, answers = true } = {}) {
      const client = new WireClient(broker, version, { answers });
      await client.connect(clientId, isClean);
      return client;
    },
  };
}

async function subscribe(client: WireClient, ...topics: string[]): Promise<readonly unknown[]> {
  const subscriptions = topics.map((topic) => ({ topic, qos: 1 as const }));
  return ((await client.ask({ cmd: 'subscribe', messageId: 1, subscriptions }, 'suback')) as ISubackPacket).granted;
}

const topicsOf = (client: WireClient): string[] => client.seen.map(({ topic }) => topic);
const admin: RuleOptions = { allow: 'all', user: 'admin' };
const mine: RuleOptions = { allow: 'all', topics: ['u/%u/#', 'c/%c/#'] };

describe('who may do only what is its own', () => {
  test.each(['#', '+/+', '+/+/#', '/#', 'u/#', 'u/+/x', 'u/+', 'u', '$share/g/#', '$share/g/u/+', '$SYS/#', '+/eve/#'])(
    'gets 0x87 for %s, and hears nothing of others live or retained [MQTT-3.9.3]',
    async (filter) => {
      const { connect } = await guarded([admin, mine]);
      const publisher = await connect('admin');
      await publisher.ask(publish('u/bob/x', 1, 1, true), 'puback');
      const eve = await connect('eve');
      expect(await subscribe(eve, filter)).toEqual([0x87]);
      expect(await subscribe(await connect('eve:4', { version: 4 }), filter)).toEqual([0x80]);
      expect(await publisher.ask(publish('u/bob/x', 1, 2), 'puback')).toMatchObject({ reasonCode: 0x10 });
      await eve.settle();
      expect(eve.seen).toEqual([]);
    },
  );

  test.each(['u/eve', 'u/eve/#', 'u/eve/+/#', 'u/eve//x', '$share/g/u/eve/#', 'c/eve/#'])(
    'may have %s',
    async (filter) => {
      const { connect } = await guarded([admin, mine]);
      expect(await subscribe(await connect('eve'), filter)).toEqual([1]);
    },
  );

  test.each(['u/bob', 'u/evе' /* Cyrillic */, 'u//eve', '/u/eve', 'u', 'U/eve', 'u/eve\u200b', 'c/eve:2'])(
    'may not publish on %s at any QoS, retained or not',
    async (topic) => {
      const { connect, telemetry } = await guarded([admin, mine]);
      const reader = await connect('admin');
      await subscribe(reader, '#');
      const eve = await connect('eve');
      eve.send(publish(topic, 0, 0, true));
      expect(await eve.ask(publish(topic, 1, 1, true), 'puback')).toMatchObject({ reasonCode: 0x87 });
      expect(await eve.ask(publish(topic, 2, 2), 'pubrec')).toMatchObject({ reasonCode: 0x87 });
      expect(await eve.ask(publish('u/eve/', 1, 3), 'puback')).toMatchObject({ reasonCode: 0 });
      await reader.settle();
      expect(topicsOf(reader)).toEqual(['u/eve/']);
      expect(telemetry.count('access_denied_total', { action: 'publish' })).toBe(3);
      expect(telemetry.lines('warn')).toHaveLength(1);
    },
  );

  test.each(['x/#', '+', '#', 'a/b', 'x/+'])('reaches no further with the client id %s', async (clientId) => {
    const { connect } = await guarded([admin, { allow: 'all', topics: ['c/%c/#', 'c/%c'] }]);
    const client = await connect(clientId);
    expect(await subscribe(client, `c/${clientId}`, 'c/#', 'c/x/y')).toEqual([0x87, 0x87, 0x87]);
    expect(await client.ask(publish('c/x/y', 1, 1), 'puback')).toMatchObject({ reasonCode: 0x87 });
  });
});

test('a will that is denied is refused at CONNECT, before it takes over, in all versions [MQTT-3.1.2-8]', async () => {
  const { broker, connect, telemetry } = await guarded([mine]);
  const before = await connect('eve');
  const will = { topic: 'u/bob/x', payload: Buffer.from('w'), qos: 1, retain: true } as const;
  const five = new WireClient(broker, 5);
  expect(await five.connect('eve', true, { will })).toMatchObject({ reasonCode: 0x87 });
  expect(await new WireClient(broker, 4).connect('eve', true, { will })).toMatchObject({ returnCode: 5 });
  expect(before.closed).toBeUndefined();
  expect(telemetry.count('access_denied_total', { action: 'will' })).toBe(2);
  const own = { ...will, topic: 'u/eve/x' };
  expect(await new WireClient(broker, 5).connect('eve', true, { will: own })).toMatchObject({ reasonCode: 0 });
});

test('a will that became denied is not sent', async () => {
  const { broker, connect, change } = await guarded([{ allow: 'all' }]);
  const reader = await connect('admin');
  await subscribe(reader, '#');
  const client = new WireClient(broker, 5);
  await client.connect('eve', true, { will: { topic: 'w', payload: Buffer.from('w'), qos: 1, retain: false } });
  await change(admin);
  client.close();
  await expect.poll(() => broker.connections(), { interval: 1 }).toBe(1);
  await reader.settle();
  expect(reader.seen).toEqual([]);
});

describe.each([true, false])('when the rules change (clean session: %s)', (isClean) => {
  test('subscriptions that are no longer allowed end, and MQTT 5 hears it with its next answer', async () => {
    const { connect, change, store } = await guarded([{ allow: 'all' }]);
    const publisher = await connect('admin');
    const client = await connect('eve', { isClean });
    expect(await subscribe(client, '#', 'u/eve/#', '$share/g/b')).toEqual([1, 1, 1]);
    await change(admin, mine);
    await publisher.ask(publish('b', 1, 1, true), 'puback');
    await publisher.ask(publish('u/eve/x', 1, 2), 'puback');
    expect(await client.ask(publish('u/eve/y', 1, 3), 'puback')).toMatchObject({
      properties: { reasonString: '2 subscriptions ended: they are allowed no more' },
    });
    expect(await client.ask(publish('u/eve/z', 1, 4), 'puback')).not.toHaveProperty('properties');
    await client.settle();
    expect(topicsOf(client)).toEqual(['u/eve/x', 'u/eve/y', 'u/eve/z']);
    const stored = (await store.subscriptionsOf('eve')).map(({ filter }) => filter);
    expect(stored).toEqual(isClean ? [] : ['u/eve/#']);
  });

  test('what waits for a client that does not answer is sent only as far as it is allowed still', async () => {
    const { connect, change, broker } = await guarded([{ allow: 'all' }]);
    const publisher = await connect('admin');
    const client = new WireClient(broker, 5, { answers: false });
    await client.connect('eve', isClean, {
      properties: { receiveMaximum: 1, ...(isClean ? {} : { sessionExpiryInterval: 60 }) },
    });
    await subscribe(client, '#');
    for (const [index, topic] of ['a', 'b', 'u/eve/x'].entries())
      await publisher.ask(publish(topic, 1, index + 1), 'puback');
    await change(admin, mine);
    for (let sent = 1; sent <= 2; sent += 1) {
      await expect.poll(() => client.seen.length, { interval: 1 }).toBe(sent);
      const last = client.received.findLast(({ cmd }) => cmd === 'publish');
      client.send({ cmd: 'puback', messageId: last?.messageId ?? 0 });
    }
    await client.settle();
    expect(topicsOf(client)).toEqual(['a', 'u/eve/x']);
  });
});

test('a session that comes back after its rule went has neither the subscription nor what was queued or sent for it', async () => {
  const { connect, change, broker, store } = await guarded([{ allow: 'all' }]);
  const publisher = await connect('admin');
  const client = await connect('eve', { isClean: false, answers: false });
  await subscribe(client, '#', 'u/eve/#');
  await publisher.ask(publish('sent', 1, 1), 'puback');
  await expect.poll(() => topicsOf(client), { interval: 1 }).toEqual(['sent']);
  client.close();
  await expect.poll(() => broker.connections(), { interval: 1 }).toBe(1);
  await publisher.ask(publish('queued', 1, 2), 'puback');
  await publisher.ask(publish('u/eve/x', 1, 3), 'puback');
  await change(admin, mine);
  const back = new WireClient(broker, 5);
  expect(await back.connect('eve', false)).toMatchObject({
    sessionPresent: true,
    properties: { reasonString: '1 subscriptions ended: they are allowed no more' },
  });
  await expect.poll(() => topicsOf(back), { interval: 1 }).toEqual(['u/eve/x']);
  await back.settle();
  await publisher.ask(publish('later', 1, 4), 'puback');
  await back.settle();
  expect(topicsOf(back)).toEqual(['u/eve/x']);
  expect((await store.subscriptionsOf('eve')).map(({ filter }) => filter)).toEqual(['u/eve/#']);
  expect(store.stats().queuedMessages).toBe(0);
});

test.each(['#', '+/+/x', '$share/g/#'])(
  'a session whose only subscription was %s, which is allowed no more, gets of what was queued what it may have by its topic',
  async (filter) => {
    const { connect, change, broker, store } = await guarded([{ allow: 'all' }]);
    const publisher = await connect('admin');
    const client = await connect('eve', { isClean: false });
    await subscribe(client, filter);
    client.close();
    await expect.poll(() => broker.connections(), { interval: 1 }).toBe(1);
    for (const [index, topic] of ['u/bob/x', 'u/eve/x', 'u/eve//x', 'v/eve/x'].entries())
      await publisher.ask(publish(topic, 1, index + 1), 'puback');
    const hears = filter === '+/+/x' ? ['u/eve/x'] : ['u/eve/x', 'u/eve//x'];
    await change(admin, mine);
    const back = await connect('eve', { isClean: false });
    await expect.poll(() => topicsOf(back), { interval: 1 }).toEqual(hears);
    await back.settle();
    expect(topicsOf(back)).toEqual(hears);
    expect(await store.subscriptionsOf('eve')).toEqual([]);
    expect(store.stats().queuedMessages).toBe(0);
  },
);

test('retained messages come only as far as they may be received', async () => {
  const { connect } = await guarded([
    { allow: 'publish' },
    { allow: 'subscribe', topics: ['#'] },
    { allow: 'receive', topics: ['u/%u/#'] },
    { deny: 'receive' },
  ]);
  const publisher = await connect('admin');
  for (const [index, topic] of ['a', 'u/bob/x', 'u/eve/x'].entries())
    await publisher.ask(publish(topic, 1, index + 1, true), 'puback');
  const client = await connect('eve');
  await subscribe(client, '#');
  await client.settle();
  await expect.poll(() => topicsOf(client), { interval: 1 }).toEqual(['u/eve/x']);
});

test('a topic alias that was set before the rules changed is judged by its topic', async () => {
  const { connect, change } = await guarded([{ allow: 'all' }]);
  const client = await connect('eve');
  const aliased = (topic: string, messageId: number): Packet =>
    ({ ...publish(topic, 1, messageId), properties: { topicAlias: 1 } }) as Packet;
  expect(await client.ask(aliased('a', 1), 'puback')).toMatchObject({ reasonCode: 0x10 });
  await change(admin, mine);
  expect(await client.ask(aliased('', 2), 'puback')).toMatchObject({ reasonCode: 0x87 });
});

describe('before MQTT 5', () => {
  test('a message that is denied ends the connection', async () => {
    const { connect } = await guarded([mine]);
    const client = await connect('eve', { version: 4 });
    client.send(publish('a', 1, 1));
    await expect.poll(() => client.closed, { interval: 1 }).toBe('ended');
    expect(client.received.map(({ cmd }) => cmd)).toEqual(['connack']);
  });

  test('or is answered as if it was taken, and reaches nobody, where denied messages are dropped [3.1.1 MQTT-3.3.5-2]', async () => {
    const { connect } = await guarded([admin, mine], 'drop');
    const reader = await connect('admin');
    await subscribe(reader, '#');
    const client = await connect('eve', { version: 4 });
    client.send(publish('a', 0, 0));
    await client.ask(publish('a', 1, 1, true), 'puback');
    await client.ask(publish('a', 2, 2), 'pubrec');
    await client.ask({ cmd: 'pubrel', messageId: 2 }, 'pubcomp');
    await client.ask(publish('u/eve/x', 1, 3), 'puback');
    await reader.settle();
    expect(topicsOf(reader)).toEqual(['u/eve/x']);
  });
});

test('what is denied again and again is counted each time and written once for each topic', async () => {
  const { connect, telemetry } = await guarded([mine]);
  const client = await connect('eve');
  for (let messageId = 1; messageId <= 6; messageId += 1)
    await client.ask(publish(messageId % 2 === 0 ? 'a' : 'b', 1, messageId), 'puback');
  expect(await subscribe(client, '#')).toEqual([0x87]);
  expect(telemetry.count('access_denied_total', { action: 'publish' })).toBe(6);
  expect(telemetry.count('access_denied_total', { action: 'subscribe' })).toBe(1);
  expect(telemetry.lines('warn')).toHaveLength(3);
});
