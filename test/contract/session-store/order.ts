import { expect, test } from 'vitest';
import { alice, message, messagesOf, type OpenStore, read, sent, subscription } from './support.ts';

/** Nothing here waits for a write before the next call. */
export function orderCases(open: OpenStore): void {
  test('a subscription and its end are seen by the next call', async () => {
    await using store = await open();
    const added = store.addSubscriptions(alice, [subscription('a')]);
    expect(store.subscribersOf('a')).toHaveLength(1);
    const kept = store.subscriptionsByClient(alice);
    const removed = store.removeSubscriptions(alice, ['a']);
    expect(store.subscribersOf('a')).toEqual([]);
    const left = store.subscriptionsByClient(alice);
    await Promise.all([added, removed]);
    expect([(await kept).length, (await left).length]).toEqual([1, 0]);
  });

  test('a message is queued, sent, released and through before the first of it is confirmed', async () => {
    await using store = await open();
    const [first, second] = [message('a', { qos: 2 }), message('b', { qos: 2 })];
    const writes: Promise<unknown>[] = [first, second].map((packet) =>
      store.outgoingEnqueue({ clientId: 'alice' }, packet),
    );
    const both = messagesOf(store);
    writes.push(sent(store, first, 1));
    const replayed = messagesOf(store);
    writes.push(store.outgoingUpdate(alice, { cmd: 'pubrel', messageId: 1 }));
    const cleared = store.outgoingClearMessageId(alice, { messageId: 1 });
    const unknown = store.outgoingClearMessageId(alice, { messageId: 1 });
    const rest = messagesOf(store);
    await Promise.all(writes);
    expect((await both).map(({ topic }) => topic)).toContain('b');
    expect((await replayed).map(({ topic }) => topic)).toContain('b');
    expect(await cleared).toMatchObject({ cmd: 'pubrel', messageId: 1 });
    expect(await unknown).toBeUndefined();
    expect((await rest).map(({ topic }) => topic)).toEqual(['b']);
    expect((await messagesOf(store)).map(({ topic }) => topic)).toEqual(['b']);
  });

  test('records, wills, open identifiers and retained messages are seen by the next call', async () => {
    await using store = await open();
    const writes: Promise<unknown>[] = [
      store.putSession({ clientId: 'alice', principal: 'p', expirySeconds: 1 }),
      store.putWill(alice, {}),
      store.incomingStorePacket(alice, { messageId: 7 }),
      store.storeRetained(message('kept', { retain: true })),
    ];
    const session = store.getSession(alice);
    const will = store.getWill(alice);
    const open7 = store.incomingGetPacket(alice, { messageId: 7 });
    const kept = read(store.createRetainedStream('+'));
    expect(await session).toMatchObject({ principal: 'p' });
    expect(await will).toMatchObject({ clientId: 'alice' });
    expect(await open7).toMatchObject({ messageId: 7 });
    expect(await kept).toHaveLength(1);
    await Promise.all(writes);
  });

  test('a session that ends takes what was queued in the same turn, and nothing that comes after', async () => {
    await using store = await open();
    const writes = [
      store.outgoingEnqueue({ clientId: 'alice' }, message('before')),
      store.cleanSubscriptions(alice),
      store.outgoingEnqueue({ clientId: 'alice' }, message('after')),
    ];
    expect((await messagesOf(store)).map(({ topic }) => topic)).toEqual(['after']);
    await Promise.all(writes);
    expect((await messagesOf(store)).map(({ topic }) => topic)).toEqual(['after']);
    expect(store.stats()).toMatchObject({ queuedMessages: 1 });
  });

  test('promises of writes are kept in the order of the calls', async () => {
    await using store = await open();
    const order: number[] = [];
    const packets = Array.from({ length: 20 }, (_, index) => message(`t/${index}`));
    const calls: (() => Promise<unknown>)[] = [
      ...packets.map((packet) => () => store.outgoingEnqueue({ clientId: 'alice' }, packet)),
      () => store.addSubscriptions(alice, [subscription('a')]),
      ...packets.map((packet, index) => () => sent(store, packet, index + 1)),
      () => store.storeRetained(message('kept', { retain: true })),
      ...packets.map((_, index) => () => store.outgoingUpdate(alice, { cmd: 'pubrel', messageId: index + 1 })),
      () => store.putSession({ clientId: 'alice', principal: 'p', expirySeconds: 1 }),
    ];
    await Promise.all(calls.map((call, index) => call().then(() => order.push(index))));
    expect(order).toEqual(calls.map((_, index) => index));
  });
}
