import type { Packet } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { memoryStore, startMemoryBroker } from '../../test/support/memory-broker.ts';
import { publishPacket as publish, WireClient } from '../../test/support/wire-client.ts';
import { LinkError, StoreError } from '../kernel/errors.ts';
import type { Store } from './store-port.ts';

const signal = new AbortController().signal; // the time limit of each test ends what hangs

interface SlowStore {
  readonly store: Store;
  /** Writes that wait, oldest first. */
  readonly waiting: { readonly commit: () => void; readonly fail: (error: Error) => void }[];
}

/** A store whose queues and retained messages are committed when the test says so. */
function slowStore(): SlowStore {
  const inner = memoryStore();
  const waiting: SlowStore['waiting'] = [];
  const later = (write: () => Promise<void>): Promise<void> =>
    new Promise((resolve, reject) => {
      const commit = (): void => void write().then(resolve, reject);
      waiting.push({ commit, fail: reject });
    });
  const store: Store = {
    ...inner,
    keep(packet, targets, also) {
      const write = (): Promise<void> => inner.keep(packet, targets, also);
      return targets.length > 0 || also?.isRetained === true ? later(write) : write();
    },
  };
  return { store, waiting };
}

const answers = (client: WireClient): string[] =>
  client.received.flatMap((packet) =>
    packet.cmd === 'puback' || packet.cmd === 'pubrec'
      ? [`${packet.cmd} ${packet.messageId} ${(packet.reasonCode ?? 0).toString(16)}`]
      : [],
  );

async function withOfflineSession(hotPath: 'on' | 'off') {
  const slow = slowStore();
  const broker = await startMemoryBroker({ hotPath, store: slow.store });
  const away = new WireClient(broker, 4);
  await away.connect('away', false);
  await away.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'kept', qos: 2 }] }, 'suback');
  away.close();
  const connect = async (version: 4 | 5): Promise<WireClient> => {
    const client = new WireClient(broker, version);
    await client.connect(`publisher-${version}`, true);
    return client;
  };
  return { ...slow, broker, connect };
}
const waits = (waiting: readonly unknown[], count: number): Promise<void> =>
  expect.poll(() => waiting.length, { interval: 1 }).toBe(count);

describe.each(['on', 'off'] as const)('with the hot path %s', (hotPath) => {
  test.each([1, 2] as const)('QoS %i for a persistent session is answered when its queue has it', async (qos) => {
    const { broker, connect, waiting } = await withOfflineSession(hotPath);
    const client = await connect(4);
    client.send(publish('kept', qos, 7));
    await waits(waiting, 1);
    await client.ping();
    expect(answers(client)).toEqual([]);
    waiting[0]?.commit();
    await expect.poll(() => answers(client), { interval: 1 }).toEqual([qos === 1 ? 'puback 7 0' : 'pubrec 7 0']);
    await broker.stop(signal);
  });

  test('nobody gets a message that its publisher is refused, and everybody gets those that are kept, in order', async () => {
    const { broker, connect, waiting } = await withOfflineSession(hotPath);
    const listener = new WireClient(broker, 4);
    await listener.connect('listener', true);
    await listener.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 1 }] }, 'suback');
    const client = await connect(5);
    client.send(publish('kept', 1, 1));
    await waits(waiting, 1);
    waiting[0]?.fail(new StoreError('store-full', 'the store is full'));
    await expect.poll(() => answers(client), { interval: 1 }).toEqual(['puback 1 97']);
    client.send(publish('kept', 1, 2));
    client.send(publish('other', 1, 3));
    await waits(waiting, 2);
    await client.ping();
    expect(listener.seen).toEqual([]);
    waiting[1]?.commit();
    await expect.poll(() => listener.seen.map(({ topic }) => topic), { interval: 1 }).toEqual(['kept', 'other']);
    await broker.stop(signal);
  });

  test.each([1, 2] as const)('a retained message at QoS %i is answered when it is kept', async (qos) => {
    const { broker, connect, waiting } = await withOfflineSession(hotPath);
    const client = await connect(5);
    client.send(publish('other', qos, 7, true));
    await waits(waiting, 1);
    expect(answers(client)).toEqual([]);
    waiting[0]?.commit();
    await expect.poll(() => answers(client), { interval: 1 }).toEqual([qos === 1 ? 'puback 7 10' : 'pubrec 7 10']);
    await broker.stop(signal);
  });

  test('a message that needs no storage does not overtake the answer of one that does (MQTT-4.6.0-2)', async () => {
    const { broker, connect, waiting } = await withOfflineSession(hotPath);
    const client = await connect(5);
    client.send(publish('kept', 1, 1));
    client.send(publish('nobody', 1, 2));
    await waits(waiting, 1);
    await client.ping();
    expect(answers(client)).toEqual([]);
    waiting[0]?.commit();
    await expect.poll(() => answers(client), { interval: 1 }).toEqual(['puback 1 0', 'puback 2 10']);
    await broker.stop(signal);
  });

  test.each([1, 2] as const)(
    'where no room is left an MQTT 5 publisher hears 0x97 at QoS %i and stays, and may send it again',
    async (qos) => {
      const { broker, connect, waiting } = await withOfflineSession(hotPath);
      const client = await connect(5);
      client.send(publish('kept', qos, 3));
      await waits(waiting, 1);
      waiting[0]?.fail(new StoreError('store-full', 'the store is full'));
      const answer = qos === 1 ? 'puback' : 'pubrec';
      await expect.poll(() => answers(client), { interval: 1 }).toEqual([`${answer} 3 97`]);
      client.send(publish('kept', qos, 3));
      await waits(waiting, 2);
      waiting[1]?.commit();
      await expect.poll(() => answers(client), { interval: 1 }).toEqual([`${answer} 3 97`, `${answer} 3 0`]);
      expect(client.closed).toBeUndefined();
      await broker.stop(signal);
    },
  );

  test.each([1, 2] as const)(
    'an MQTT 3.1.1 publisher at QoS %i cannot hear no, so it is disconnected without an answer [3.1.1 MQTT-4.8.0-2]',
    async (qos) => {
      const { broker, connect, waiting } = await withOfflineSession(hotPath);
      const client = await connect(4);
      client.send(publish('kept', qos, 3));
      await waits(waiting, 1);
      waiting[0]?.fail(new StoreError('store-unavailable', 'the store does not answer'));
      await expect.poll(() => client.closed, { interval: 1 }).toBeDefined();
      expect(answers(client)).toEqual([]);
      await broker.stop(signal);
    },
  );
});

test('what gates have taken is given to the queues without waiting for the commits before, in order, and answered when it is kept', async () => {
  const { broker, connect, waiting } = await withOfflineSession('on');
  const taken: (() => void)[] = [];
  broker.gate('kept', () => new Promise<void>((resolve) => taken.push(resolve)));
  const listener = new WireClient(broker, 4);
  await listener.connect('listener', true);
  await listener.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'kept', qos: 0 }] }, 'suback');
  const client = await connect(5);
  for (const messageId of [1, 2, 3])
    client.send({ ...publish('kept', 1, messageId), payload: `${messageId}` } as Packet);
  await client.ping();
  taken[2]?.();
  taken[1]?.();
  await client.ping();
  expect(waiting).toHaveLength(0);
  taken[0]?.();
  await waits(waiting, 3);
  expect([answers(client), listener.seen]).toEqual([[], []]);
  for (const { commit } of waiting) commit();
  await expect.poll(() => answers(client), { interval: 1 }).toEqual(['puback 1 0', 'puback 2 0', 'puback 3 0']);
  expect(listener.seen.map(({ payload }) => payload)).toEqual(['1', '2', '3']);
  await broker.stop(signal);
});

test('a message that a gate refuses lets no later one overtake those before it', async () => {
  const { broker, connect, waiting } = await withOfflineSession('on');
  const taken: { readonly take: () => void; readonly refuse: (cause: Error) => void }[] = [];
  broker.gate('kept', () => new Promise<void>((take, refuse) => taken.push({ take, refuse })));
  const client = await connect(5);
  for (const messageId of [1, 2, 3]) client.send(publish('kept', 1, messageId));
  await client.ping();
  taken[1]?.refuse(new LinkError('nats-unacknowledged', 'no stream'));
  taken[2]?.take();
  await client.ping();
  expect(waiting).toHaveLength(0);
  taken[0]?.take();
  await waits(waiting, 2);
  for (const { commit } of waiting) commit();
  await expect.poll(() => answers(client), { interval: 1 }).toEqual(['puback 1 0', 'puback 2 97', 'puback 3 0']);
  await broker.stop(signal);
});

test('a session that cannot be stored is refused, and nothing comes before its CONNACK', async () => {
  const inner = memoryStore();
  let isBroken = true;
  const putSession = (session: Parameters<Store['putSession']>[0]): Promise<void> =>
    isBroken ? Promise.reject(new StoreError('store-unavailable', 'gone')) : inner.putSession(session);
  const broker = await startMemoryBroker({ store: { ...inner, putSession } });
  expect(await new WireClient(broker, 5).connect('s', false)).toMatchObject({ reasonCode: 0x88 });
  expect(await new WireClient(broker, 4).connect('s', false)).toMatchObject({ returnCode: 3 });
  isBroken = false;
  const client = new WireClient(broker, 5);
  const connack = client.connect('s', false);
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 't', qos: 1 }] });
  expect(await connack).toMatchObject({ reasonCode: 0, sessionPresent: false });
  await expect.poll(() => client.received.map(({ cmd }) => cmd), { interval: 1 }).toEqual(['connack', 'suback']);
  await broker.stop(signal);
});
