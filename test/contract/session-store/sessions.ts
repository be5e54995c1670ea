import { expect, test } from 'vitest';
import type { StoredWill } from '../../../src/broker/session-store.ts';
import { alice, bob, message, type OpenStore, publish, queueOf, read, sent, subscription } from './support.ts';

export function sessionCases(open: OpenStore): void {
  test('an open QoS 2 identifier is known until it is released [MQTT-4.3.3-10]', async () => {
    await using store = await open();
    await expect(store.incomingGetPacket(alice, { messageId: 4 })).rejects.toThrow(/no QoS 2 exchange/);
    await store.incomingStorePacket(alice, message('a', { qos: 2, messageId: 4 }));
    await expect(store.incomingGetPacket(alice, { messageId: 4 })).resolves.toMatchObject({ messageId: 4 });
    await expect(store.incomingGetPacket(bob, { messageId: 4 })).rejects.toThrow(/no QoS 2 exchange/);
    await store.incomingDelPacket(alice, { messageId: 4 });
    await expect(store.incomingGetPacket(alice, { messageId: 4 })).rejects.toThrow(/no QoS 2 exchange/);
  });

  test('releasing an identifier twice is no error', async () => {
    await using store = await open();
    await expect(store.incomingDelPacket(alice, { messageId: 4 })).resolves.toBeUndefined();
  });

  test('the end of a session takes subscriptions, queue and open identifiers (GHSA-p8r9-qf8w-p73r)', async () => {
    await using store = await open();
    await store.addSubscriptions(alice, [subscription('a')]);
    await publish(store, message('a'));
    await store.incomingStorePacket(alice, { messageId: 4 });
    await store.cleanSubscriptions(alice);
    expect(await store.subscriptionsByClient(alice)).toEqual([]);
    expect(await queueOf(store)).toEqual([]);
    await expect(store.incomingGetPacket(alice, { messageId: 4 })).rejects.toThrow(/no QoS 2 exchange/);
  });

  test('a will carries its client and its node, and is found by nodes that do not know that one', async () => {
    await using store = await open();
    await store.putWill(alice, { topic: 'gone' } as object);
    const stamped = { topic: 'gone', clientId: 'alice', brokerId: 'node-1' };
    expect(await store.getWill(alice)).toEqual(stamped);
    expect(await read<StoredWill>(store.streamWill({ 'node-2': 1 }))).toEqual([stamped]);
    expect(await read<StoredWill>(store.streamWill({ 'node-1': 1 }))).toEqual([]);
    expect(await store.delWill(alice)).toEqual(stamped);
    expect(await store.delWill(alice)).toBeUndefined();
  });

  test('the record of a session is kept and replaced, without subscriptions too [MQTT-3.2.2-3]', async () => {
    await using store = await open();
    const connected = { clientId: 'alice', principal: 'user "a"', trust: 'certificate:folder', expirySeconds: 60 };
    await store.putSession(connected);
    expect(await store.getSession(alice)).toEqual(connected);
    expect(await store.getSession(bob)).toBeUndefined();
    const away = { ...connected, expirySeconds: 4_294_967_295, disconnectedAt: 1_700_000_000_123 };
    await store.putSession(away);
    expect(await store.getSession(alice)).toEqual(away);
    await store.putSession({ clientId: 'bob', principal: '', expirySeconds: 1 });
    const all = (await read(store.streamSessions())).flat();
    expect(all.map(({ clientId }) => clientId).sort()).toEqual(['alice', 'bob']);
    expect(all.find(({ clientId }) => clientId === 'alice')).toEqual(away);
  });

  test('subscriptions and a queue do not make a session known, and its end takes the record', async () => {
    await using store = await open();
    await store.addSubscriptions(alice, [subscription('a')]);
    await publish(store, message('a'));
    expect(await store.getSession(alice)).toBeUndefined();
    expect((await read(store.streamSessions())).flat()).toEqual([]);
    await store.putSession({ clientId: 'alice', principal: 'p', expirySeconds: 5 });
    await store.cleanSubscriptions(alice);
    expect(await store.getSession(alice)).toBeUndefined();
    expect((await read(store.streamSessions())).flat()).toEqual([]);
  });

  test('a will stays when its session ends, with the time it is due [MQTT-3.1.2-4] [MQTT-3.1.3-9]', async () => {
    await using store = await open();
    const payload = Buffer.from([0, 255]);
    const properties = { willDelayInterval: 5, userPropertyList: [['k', 'v'] as const] };
    const will = { topic: 'gone', payload, qos: 2, retain: true, properties, publishAt: 1_700_000_000_123 };
    await store.putWill(alice, will);
    await store.cleanSubscriptions(alice);
    expect(await store.getWill(alice)).toMatchObject({ ...will, clientId: 'alice', brokerId: 'node-1' });
  });

  test('counts what it holds', async () => {
    await using store = await open();
    const empty = { sessions: 0, subscriptions: 0, queuedMessages: 0, queuedBytes: 0 };
    expect(store.stats()).toEqual({ ...empty, retainedMessages: 0, retainedBytes: 0 });
    await store.putSession({ clientId: 'alice', principal: 'p', expirySeconds: 5 });
    await store.addSubscriptions(alice, [subscription('t'), subscription('u', 0)]);
    const packet = message('t', { payload: Buffer.alloc(9) });
    for (const one of [packet, message('t', { payload: Buffer.alloc(19) })]) await publish(store, one);
    await store.storeRetained(message('kept', { payload: Buffer.alloc(6) }));
    await store.storeRetained(message('kept', { payload: Buffer.alloc(96) }));
    expect(store.stats()).toEqual({
      sessions: 1,
      subscriptions: 2,
      queuedMessages: 2,
      queuedBytes: 30,
      retainedMessages: 1,
      retainedBytes: 100,
    });
    await sent(store, packet, 1);
    await store.outgoingClearMessageId(alice, { messageId: 1 });
    await store.storeRetained(message('kept', { payload: Buffer.alloc(0) }));
    expect(store.stats()).toMatchObject({ queuedMessages: 1, queuedBytes: 20, retainedMessages: 0, retainedBytes: 0 });
    await store.cleanSubscriptions(alice);
    expect(store.stats()).toEqual({ ...empty, retainedMessages: 0, retainedBytes: 0 });
  });

  test('`setup` is an async function in the literal sense, as Aedes demands', async () => {
    await using store = await open();
    expect(store.setup.constructor.name).toBe('AsyncFunction');
  });

  test('it can be closed twice', async () => {
    const store = await open();
    await store.destroy();
    await expect(store.destroy()).resolves.toBeUndefined();
  });
}
