import { expect, test } from 'vitest';
import type { Store } from '../../../src/broker/store-port.ts';
import type { Drop, StoreDeps } from '../../../src/storage/drop.ts';
import type { StoreLimits } from '../../../src/storage/schema.ts';
import { storeSchema } from '../../../src/storage/schema.ts';
import {
  alice,
  bob,
  message,
  messagesOf,
  type OpenStore,
  openExchange,
  publish,
  retain,
  retainedTopics,
  sent,
  subscription,
} from './support.ts';

/** Opens an empty store with these limits that has been set up. */
export type OpenLimitedStore = (limits: StoreLimits, deps?: Partial<StoreDeps>) => ReturnType<OpenStore>;

/** @param config of `store` as in a config file. */
export const limitsOf = (config: object): StoreLimits => storeSchema.parse(config);
const toAlice = (store: Store, topic: string, bytes = 1): Promise<void> =>
  store.keep(message(topic, { payload: Buffer.alloc(bytes) }), [{ clientId: 'alice' }]);
const topicsOf = async (store: Store): Promise<string[]> => (await messagesOf(store)).map(({ topic }) => topic);

export function limitCases(open: OpenLimitedStore): void {
  test('a queue is limited in bytes: the oldest make room, a message larger than the queue is left out', async () => {
    const drops: Drop[] = [];
    const limits = limitsOf({ queue: { bytes: '1KiB' } });
    await using store = await open(limits, { onDropped: (drop) => drops.push(drop) });
    for (const topic of ['a', 'b', 'c']) await toAlice(store, topic, 400);
    await toAlice(store, 'large', 2_000);
    await toAlice(store, 'd', 900);
    expect(await topicsOf(store)).toEqual(['d']);
    expect(drops.map(({ reason, topic }) => `${reason} ${topic}`)).toEqual(
      ['a', 'large', 'b', 'c'].map((topic) => `queue-full ${topic}`),
    );
    expect(store.stats()).toMatchObject({ queuedMessages: 1, queuedBytes: 901 });
  });

  test('one open exchange too many is refused, of one publisher or of all, with its message; nobody loses one', async () => {
    const drops: Drop[] = [];
    const limits = limitsOf({ exchanges: { total: 3, perSession: 2 } });
    await using store = await open(limits, { onDropped: (drop) => drops.push(drop) });
    const refused = { code: 'store-full', message: expect.stringContaining('store.exchanges') };
    const enqueue = (id: string, messageId: number): Promise<void> =>
      store.keep(message(`${id}/${messageId}`), [{ clientId: 'alice' }, { clientId: 'bob' }], {
        exchange: { clientId: id, packetId: messageId },
      });
    await enqueue('one', 1);
    await openExchange(store, 'one', 2);
    await openExchange(store, 'one', 2); // is open already
    await expect(openExchange(store, 'one', 3)).rejects.toMatchObject(refused);
    await expect(enqueue('one', 3)).rejects.toMatchObject(refused);
    await enqueue('two', 1);
    await expect(enqueue('two', 2)).rejects.toMatchObject(refused);
    await expect(enqueue('three', 1)).rejects.toMatchObject(refused);
    expect(drops.map(({ reason, clientId }) => `${reason} ${clientId}`)).toEqual(
      ['one', 'one', 'two', 'three'].map((id) => `exchanges-full ${id}`),
    );
    const isOpen = (id: string, messageId: number): Promise<boolean> =>
      store.isOpen({ clientId: id, packetId: messageId });
    const all = await Promise.all([isOpen('one', 1), isOpen('one', 2), isOpen('one', 3), isOpen('two', 1)]);
    expect([...all, await isOpen('three', 1)]).toEqual([true, true, false, true, false]);
    expect(await topicsOf(store)).toEqual(['one/1', 'two/1']);
    await store.closeExchange({ clientId: 'one', packetId: 1 });
    await enqueue('three', 1);
  });

  test('a message that is refused opens no exchange', async () => {
    await using store = await open(limitsOf({ maxBytes: '1MiB' }));
    const large = message('large', { payload: Buffer.alloc(1_048_576) });
    const exchange = { clientId: 'one', packetId: 1 };
    const enqueued = store.keep(large, [{ clientId: 'alice' }], { exchange });
    await expect(enqueued).rejects.toMatchObject({ code: 'store-full' });
    expect(await store.isOpen(exchange)).toBe(false);
  });

  test('properties count as bytes of a message', async () => {
    await using store = await open(limitsOf({}));
    const properties = { contentType: 'text', userPropertyList: [['key', 'value'] as const] };
    await store.keep(message('t', { properties }), [{ clientId: 'alice' }]);
    expect(store.stats().queuedBytes).toBe(2 + 4 + 8);
  });

  test('drop-newest: the queue stays as it is, and others get the message', async () => {
    const drops: Drop[] = [];
    const limits = limitsOf({ queue: { messages: 1, onFull: 'drop-newest' } });
    await using store = await open(limits, { onDropped: (drop) => drops.push(drop) });
    await toAlice(store, 'a');
    await store.keep(message('b'), [{ clientId: 'alice' }, { clientId: 'bob' }]);
    expect(await topicsOf(store)).toEqual(['a']);
    expect((await messagesOf(store, bob)).map(({ topic }) => topic)).toEqual(['b']);
    expect(drops).toEqual([{ reason: 'queue-full', clientId: 'alice', topic: 'b' }]);
  });

  test('refuse: nobody gets the message, and the write says so', async () => {
    const drops: Drop[] = [];
    const limits = limitsOf({ queue: { messages: 1, onFull: 'refuse' } });
    await using store = await open(limits, { onDropped: (drop) => drops.push(drop) });
    const packet = message('a');
    await store.keep(packet, [{ clientId: 'alice' }]);
    const both = [{ clientId: 'bob' }, { clientId: 'alice' }];
    await expect(store.keep(message('b'), both)).rejects.toMatchObject({ code: 'store-full' });
    expect(await topicsOf(store)).toEqual(['a']);
    expect(await messagesOf(store, bob)).toEqual([]);
    expect(drops).toEqual([{ reason: 'refused', clientId: 'alice', topic: 'b' }]);
    await sent(store, packet, 1);
    await store.settle(alice, 1);
    await toAlice(store, 'c');
    expect(await topicsOf(store)).toEqual(['c']);
  });

  test('a message that waited too long is dropped unless it was sent', async () => {
    let now = 1_000_000;
    const drops: Drop[] = [];
    const limits = limitsOf({ queue: { age: '1m' } });
    await using store = await open(limits, { now: () => now, onDropped: (drop) => drops.push(drop) });
    const packet = message('sent');
    await store.keep(packet, [{ clientId: 'alice' }]);
    await toAlice(store, 'waits');
    await sent(store, packet, 1);
    now += 30_000;
    await toAlice(store, 'younger');
    now += 30_000;
    expect(await topicsOf(store)).toEqual(['sent', 'younger']);
    expect(drops).toEqual([{ reason: 'too-old', clientId: 'alice', topic: 'waits' }]);
    expect(store.stats().queuedMessages).toBe(2);
  });

  test('retained messages are limited in bytes; a shorter one of a known topic makes room', async () => {
    const drops: Drop[] = [];
    const limits = limitsOf({ retained: { bytes: '1KiB' } });
    await using store = await open(limits, { onDropped: (drop) => drops.push(drop) });
    await retain(store, message('a', { payload: Buffer.alloc(800) }));
    await retain(store, message('b', { payload: Buffer.alloc(800) }));
    expect(drops).toEqual([{ reason: 'retained-full', topic: 'b' }]);
    await retain(store, message('a', { payload: Buffer.alloc(100) }));
    await retain(store, message('b', { payload: Buffer.alloc(800) }));
    expect(await retainedTopics(store, '#')).toEqual(['a', 'b']);
  });

  test('a retained message can be refused, and removing one is always possible', async () => {
    await using store = await open(limitsOf({ retained: { messages: 1, onFull: 'refuse' } }));
    await retain(store, message('a'));
    await expect(retain(store, message('b'))).rejects.toMatchObject({ code: 'store-full' });
    await retain(store, message('a', { payload: Buffer.alloc(0) }));
    await retain(store, message('b'));
    expect(await retainedTopics(store, '#')).toEqual(['b']);
  });

  test('the whole store is limited; what is acknowledged makes room', async () => {
    const drops: Drop[] = [];
    const limits = limitsOf({ maxBytes: '1MiB' });
    await using store = await open(limits, { onDropped: (drop) => drops.push(drop) });
    await store.subscribe(alice, [subscription('#')]);
    await retain(store, message('kept', { payload: Buffer.alloc(600_000) }));
    const packet = await publish(store, message('a', { payload: Buffer.alloc(400_000) }));
    await expect(publish(store, message('b', { payload: Buffer.alloc(400_000) }))).rejects.toMatchObject({
      code: 'store-full',
    });
    await expect(retain(store, message('c', { payload: Buffer.alloc(400_000) }))).rejects.toMatchObject({
      code: 'store-full',
    });
    expect(drops.map(({ reason }) => reason)).toEqual(['refused', 'refused']);
    await sent(store, packet, 1);
    await store.settle(alice, 1);
    await publish(store, message('b', { payload: Buffer.alloc(400_000) }));
    expect(await topicsOf(store)).toEqual(['b']);
  });
}

/** Of what is kept beside messages. */
export function recordLimitCases(open: OpenLimitedStore): void {
  test('store.maxBytes counts sessions, subscriptions, wills and open exchanges, and refuses the one that has no room', async () => {
    const drops: Drop[] = [];
    await using store = await open(limitsOf({ maxBytes: '1MiB' }), { onDropped: (drop) => drops.push(drop) });
    const long = 'l'.repeat(10_000);
    const most = Math.ceil(1_048_576 / long.length);
    const refused = { code: 'store-full', message: expect.stringContaining('store.maxBytes') };
    /** @returns how many were taken until one was refused, and with what. */
    const fill = async (write: (number: number) => Promise<unknown>): Promise<{ count: number; error?: unknown }> => {
      for (let number = 0; number <= most; number += 1)
        try {
          await write(number);
        } catch (error) {
          return { count: number, error };
        }
      return { count: most };
    };
    const session = (number: number) => ({ clientId: `${long}${number}`, principal: 'p', expirySeconds: 60 });
    const kinds = {
      session: (number: number) => store.putSession(session(number)),
      subscription: (number: number) => store.subscribe(alice, [subscription(`${long}${number}`)]),
      will: (number: number) => store.putWill({ ...message(long), clientId: String(number) }),
      exchange: (number: number) => openExchange(store, `${long}${number % 10}`, number + 1),
    };
    for (const [kind, write] of Object.entries(kinds)) {
      const { count, error } = await fill(write);
      expect(error, kind).toMatchObject(refused);
      expect(count, kind).toBeGreaterThan(most / 4);
      expect(count, kind).toBeLessThan(most);
      await expect(toAlice(store, 'a', 20_000), kind).rejects.toMatchObject(refused);
      if (kind === 'session') await store.putSession({ ...session(0), disconnectedAt: 5 }); // what is there goes on
      for (let number = 0; number <= count; number += 1) {
        await store.endSession(`${long}${number}`);
        await store.takeWill(String(number));
      }
      await store.endSession(alice);
    }
    await toAlice(store, 'a', 1_000_000); // everything was given back
    expect(new Set(drops.map(({ reason }) => reason))).toEqual(new Set(['refused']));
  });

  test('the subscriptions of all sessions are limited together; those that are there go on, and make room when they end', async () => {
    const drops: Drop[] = [];
    const limits = limitsOf({ subscriptions: '2KiB' });
    await using store = await open(limits, { onDropped: (drop) => drops.push(drop) });
    const refused = { code: 'store-full', message: expect.stringContaining('store.subscriptions') };
    const filters = (count: number) => Array.from({ length: count }, (_, index) => subscription(`f${index}`));
    await store.subscribe(alice, filters(4));
    await expect(store.subscribe(bob, filters(4))).rejects.toMatchObject(refused);
    expect(await store.subscriptionsOf(bob), 'all of a SUBSCRIBE or nothing').toEqual([]);
    await store.subscribe(bob, filters(3));
    await expect(store.subscribe(bob, [subscription('one-more')])).rejects.toMatchObject(refused);
    await store.subscribe(alice, filters(4)); // in the place of those that are there
    expect(store.stats()).toMatchObject({ subscriptions: 7 });
    expect(drops).toEqual([
      { reason: 'subscriptions-full', clientId: bob },
      { reason: 'subscriptions-full', clientId: bob },
    ]);
    await store.endSession(alice);
    await store.subscribe(bob, [subscription('one-more')]);
  });
}
