import { expect, test } from 'vitest';
import type { StoredWill } from '../../../src/broker/session-store.ts';
import { alice, bob, message, type OpenStore, publish, queueOf, read, subscription } from './support.ts';

export function sessionCases(open: OpenStore): void {
  test('an open QoS 2 identifier is known until it is released [MQTT-4.3.3-2]', async () => {
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
