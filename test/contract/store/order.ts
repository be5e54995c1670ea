import { expect, test } from 'vitest';
import {
  alice,
  message,
  messagesOf,
  type OpenStore,
  openExchange,
  read,
  retain,
  retained,
  sent,
  subscription,
} from './support.ts';

/** Nothing here waits for a write before the next call. */
export function orderCases(open: OpenStore): void {
  test('a subscription and its end are seen by the next call', async () => {
    await using store = await open();
    const added = store.subscribe(alice, [subscription('a')]);
    expect(store.subscribersOf('a')).toHaveLength(1);
    const kept = store.subscriptionsOf(alice);
    const removed = store.unsubscribe(alice, ['a']);
    expect(store.subscribersOf('a')).toEqual([]);
    const left = store.subscriptionsOf(alice);
    await Promise.all([added, removed]);
    expect([(await kept).length, (await left).length]).toEqual([1, 0]);
  });

  test('a message is queued, sent, released and through before the first of it is confirmed', async () => {
    await using store = await open();
    const [first, second] = [message('a', { qos: 2 }), message('b', { qos: 2 })];
    const writes: Promise<unknown>[] = [first, second].map((packet) => store.keep(packet, [{ clientId: 'alice' }]));
    const both = messagesOf(store);
    writes.push(sent(store, first, 1));
    const replayed = messagesOf(store);
    writes.push(store.markReceived(alice, 1));
    const cleared = store.settle(alice, 1);
    const unknown = store.settle(alice, 1);
    const rest = messagesOf(store);
    await Promise.all(writes);
    expect((await both).map(({ topic }) => topic)).toContain('b');
    expect((await replayed).map(({ topic }) => topic)).toContain('b');
    await Promise.all([cleared, unknown]);
    expect((await rest).map(({ topic }) => topic)).toEqual(['b']);
    expect((await messagesOf(store)).map(({ topic }) => topic)).toEqual(['b']);
  });

  test('records, wills, open identifiers and retained messages are seen by the next call', async () => {
    await using store = await open();
    const writes: Promise<unknown>[] = [
      store.putSession({ clientId: 'alice', principal: 'p', expirySeconds: 1 }),
      store.putWill({ ...message('will'), clientId: alice }),
      openExchange(store, alice, 7),
      retain(store, message('kept', { retain: true })),
    ];
    const session = store.session(alice);
    const will = read(store.wills());
    const open7 = store.isOpen({ clientId: alice, packetId: 7 });
    const kept = retained(store, '+');
    expect(await session).toMatchObject({ principal: 'p' });
    expect(await will).toMatchObject([{ clientId: 'alice' }]);
    expect(await open7).toBe(true);
    expect(await kept).toHaveLength(1);
    await Promise.all(writes);
  });

  test('a session that ends takes what was queued in the same turn, and nothing that comes after', async () => {
    await using store = await open();
    const writes = [
      store.keep(message('before'), [{ clientId: 'alice' }]),
      store.endSession(alice),
      store.keep(message('after'), [{ clientId: 'alice' }]),
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
      ...packets.map((packet) => () => store.keep(packet, [{ clientId: 'alice' }])),
      () => store.subscribe(alice, [subscription('a')]),
      ...packets.map((packet, index) => () => sent(store, packet, index + 1)),
      () => retain(store, message('kept', { retain: true })),
      ...packets.map((_, index) => () => store.markReceived(alice, index + 1)),
      () => store.putSession({ clientId: 'alice', principal: 'p', expirySeconds: 1 }),
    ];
    await Promise.all(calls.map((call, index) => call().then(() => order.push(index))));
    expect(order).toEqual(calls.map((_, index) => index));
  });
}
