import type { ISubackPacket, IUnsubackPacket, Packet } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { memoryStore, startMemoryBroker } from '../../../test/support/memory-broker.ts';
import { WireClient } from '../../../test/support/wire-client.ts';
import { type ErrorCode, StoreError } from '../../kernel/errors.ts';
import type { Store } from '../store-port.ts';

/** A store whose subscriptions cannot be changed while `failure` is set. */
function failingStore() {
  const store = memoryStore();
  const state: { failure: ErrorCode | undefined } = { failure: undefined };
  const unless = async (change: () => Promise<void>): Promise<void> => {
    if (state.failure !== undefined) throw new StoreError(state.failure, 'refused by the test');
    await change();
  };
  const failing: Store = {
    ...store,
    subscribe: (clientId, added) => unless(() => store.subscribe(clientId, added)),
    unsubscribe: (clientId, filters) => unless(() => store.unsubscribe(clientId, filters)),
  };
  return { store, failing, state };
}

const subscribe = async (client: WireClient, ...topics: string[]): Promise<readonly unknown[]> => {
  const subscriptions = topics.map((topic) => ({ topic, qos: 1 as const }));
  const packet: Packet = await client.ask({ cmd: 'subscribe', messageId: 1, subscriptions }, 'suback');
  return (packet as ISubackPacket).granted;
};
const publish = (client: WireClient, topic: string): Promise<Packet> =>
  client.ask({ cmd: 'publish', topic, payload: 'x', qos: 1, messageId: 2, dup: false, retain: false }, 'puback');

describe('a store that does not take subscriptions', () => {
  test.each([
    [5, 'store-full', 0x97],
    [5, 'store-unavailable', 0x83],
    [4, 'store-full', 0x80],
    [4, 'store-unavailable', 0x80],
  ] as const)(
    'MQTT %i, %s: SUBACK says %i for each, and nothing has changed [MQTT-3.9.3-2]',
    async (version, failure, code) => {
      const { failing, state, store } = failingStore();
      const broker = await startMemoryBroker({ store: failing });
      const client = new WireClient(broker, version);
      await client.connect('c', false);
      expect(await subscribe(client, 'kept')).toEqual([1]);
      state.failure = failure;
      expect(await subscribe(client, 'kept', 'new', 'new')).toEqual([code, code, code]);
      await publish(client, 'new');
      await publish(client, 'kept');
      expect(client.seen.map(({ topic }) => topic)).toEqual(['kept']);
      expect((await store.subscriptionsOf('c')).map(({ filter }) => filter)).toEqual(['kept']);
      state.failure = undefined;
      expect(await subscribe(client, 'new')).toEqual([1]);
      await broker.stop(AbortSignal.timeout(5_000));
    },
  );

  test('MQTT 5: UNSUBACK says 0x83, and the subscription stands [MQTT-3.11.3-2]', async () => {
    const { failing, state } = failingStore();
    const broker = await startMemoryBroker({ store: failing });
    const client = new WireClient(broker, 5);
    await client.connect('c', false);
    await subscribe(client, 'kept');
    state.failure = 'store-unavailable';
    const unsubscribe = { cmd: 'unsubscribe', messageId: 3, unsubscriptions: ['never', 'kept', 'kept'] } as const;
    const refused = await client.ask({ ...unsubscribe, unsubscriptions: [...unsubscribe.unsubscriptions] }, 'unsuback');
    expect((refused as IUnsubackPacket).granted).toEqual([0x11, 0x83, 0x11]);
    await publish(client, 'kept');
    expect(client.seen).toHaveLength(1);
    await broker.stop(AbortSignal.timeout(5_000));
  });

  test('before MQTT 5 an UNSUBSCRIBE ends the connection, as UNSUBACK cannot say no', async () => {
    const { failing, state } = failingStore();
    const broker = await startMemoryBroker({ store: failing });
    const client = new WireClient(broker, 4);
    await client.connect('c', false);
    await subscribe(client, 'kept');
    state.failure = 'store-unavailable';
    client.send({ cmd: 'unsubscribe', messageId: 3, unsubscriptions: ['kept'] });
    await expect.poll(() => client.closed, { interval: 1 }).toBeDefined();
    await broker.stop(AbortSignal.timeout(5_000));
  });
});

test('what a session may not subscribe to any more is neither restored nor kept', async () => {
  const store = memoryStore();
  const broker = await startMemoryBroker({ store });
  await store.putSession({ clientId: 'c', principal: 'anonymous', expirySeconds: 600, disconnectedAt: Date.now() });
  await store.subscribe('c', [
    { filter: '$pki/enroll', qos: 1 },
    { filter: 'mine', qos: 1 },
  ]);
  const client = new WireClient(broker, 5);
  await client.connect('c', false);
  expect((await store.subscriptionsOf('c')).map(({ filter }) => filter)).toEqual(['mine']);
  await publish(client, 'mine');
  expect(client.seen.map(({ topic }) => topic)).toEqual(['mine']);
  await broker.stop(AbortSignal.timeout(5_000));
});

test('a client that goes while its SUBSCRIBE is worked on leaves nothing to the clean session that follows', async () => {
  const store = memoryStore();
  const broker = await startMemoryBroker({ store });
  const client = new WireClient(broker, 4);
  await client.connect('c', false);
  const subscriptions = Array.from({ length: 1_000 }, (_, index) => ({ topic: `t/${index}`, qos: 1 as const }));
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions });
  client.close();
  const next = new WireClient(broker, 4);
  await next.connect('c', true);
  await next.settle();
  expect(await store.subscriptionsOf('c')).toEqual([]);
  await publish(next, 't/1');
  expect(next.seen).toEqual([]);
  await broker.stop(AbortSignal.timeout(5_000));
});
