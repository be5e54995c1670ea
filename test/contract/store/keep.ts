import { expect, test } from 'vitest';
import type { Drop } from '../../../src/storage/drop.ts';
import { limitsOf, type OpenLimitedStore } from './limits.ts';
import { alice, bob, message, messagesOf, openExchange, queueOf, retainedTopics } from './support.ts';

/** One message in several places: everywhere, or nowhere. */
export function keepCases(open: OpenLimitedStore): void {
  const exchange = { clientId: 'publisher', packetId: 7 };
  const both = [{ clientId: alice }, { clientId: bob }];
  const isFull = { code: 'store-full' };

  test('a message is retained, queued and its exchange is open with one call', async () => {
    await using store = await open(limitsOf({}));
    const kept = store.keep(message('t', { qos: 2, retain: true }), both, { isRetained: true, exchange });
    const [topics, queues] = [retainedTopics(store, '#'), Promise.all([alice, bob].map((id) => queueOf(store, id)))];
    const isOpen = store.isOpen(exchange);
    await kept;
    expect(await topics).toEqual(['t']);
    expect((await queues).map((queue) => queue.length)).toEqual([1, 1]);
    expect(await isOpen).toBe(true);
    expect(store.stats()).toMatchObject({ queuedMessages: 2, retainedMessages: 1 });
  });

  test('an empty one takes away what is retained, and is queued', async () => {
    await using store = await open(limitsOf({}));
    await store.keep(message('t', { retain: true }), [], { isRetained: true });
    await store.keep(message('t', { retain: true, payload: Buffer.alloc(0) }), both, { isRetained: true });
    expect(await retainedTopics(store, '#')).toEqual([]);
    expect((await messagesOf(store)).map(({ payload }) => payload.length)).toEqual([0]);
  });

  const refusals: readonly [what: string, config: object][] = [
    ['a queue', { queue: { messages: 1, onFull: 'refuse' } }],
    ['what is retained', { retained: { messages: 1, onFull: 'refuse' } }],
    ['exchanges', { exchanges: { total: 1 } }],
    ['store.maxBytes', { maxBytes: '1MiB' }],
  ];
  test.each(refusals)(
    'where %s refuses it, it is neither retained nor queued, and no exchange is open',
    async (_, config) => {
      const drops: Drop[] = [];
      await using store = await open(limitsOf(config), { onDropped: (drop) => drops.push(drop) });
      const first = { clientId: 'publisher', packetId: 1 };
      await store.keep(message('first', { qos: 2 }), [{ clientId: bob }], { isRetained: true, exchange: first });
      const large = message('t', { qos: 2, payload: Buffer.alloc('maxBytes' in config ? 1_048_576 : 1) });
      const refused = store.keep(large, both, { isRetained: true, exchange });
      await expect(refused).rejects.toMatchObject(isFull);
      expect(await retainedTopics(store, '#')).toEqual(['first']);
      expect([await queueOf(store), (await queueOf(store, bob)).length]).toEqual([[], 1]);
      expect([await store.isOpen(first), await store.isOpen(exchange)]).toEqual([true, false]);
      expect(store.stats()).toMatchObject({ queuedMessages: 1, retainedMessages: 1 });
      expect(drops).toHaveLength(1);
    },
  );

  test('where it is left out of what is retained, it is queued all the same', async () => {
    const drops: Drop[] = [];
    const limits = limitsOf({ retained: { messages: 1, onFull: 'drop-newest' } });
    await using store = await open(limits, { onDropped: (drop) => drops.push(drop) });
    await store.keep(message('first'), [], { isRetained: true });
    await store.keep(message('t', { qos: 2 }), both, { isRetained: true, exchange });
    expect(await retainedTopics(store, '#')).toEqual(['first']);
    expect(await messagesOf(store, bob)).toHaveLength(1);
    expect(await store.isOpen(exchange)).toBe(true);
    expect(drops).toEqual([{ reason: 'retained-full', topic: 't' }]);
  });

  test('an exchange that is open already stays so, and takes no more room', async () => {
    await using store = await open(limitsOf({ exchanges: { total: 1 } }));
    await openExchange(store, 'publisher', 7);
    await store.keep(message('t', { qos: 2 }), both, { exchange });
    expect(await store.isOpen(exchange)).toBe(true);
  });
}
