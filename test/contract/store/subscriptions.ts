import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { matches } from '../../../src/mqtt/topic.ts';
import type { Qos } from '../../../src/plane/message.ts';
import {
  alice,
  bob,
  message,
  messagesOf,
  type OpenStore,
  publish,
  subscription,
  topicFilters,
  topicNames,
} from './support.ts';

/** Client ids that are also names of what every object inherits. */
const awkwardIds = ['__proto__', 'constructor', 'toString', '', '#', 'a/b'];

export function subscriptionCases(open: OpenStore): void {
  test('come back as they were stored, with their identifier [MQTT-3.3.4-3]', async () => {
    await using store = await open();
    const subscriptions = [
      subscription('a/+', 2, { retainHandling: 1, retainAsPublished: true, noLocal: true, identifier: 7 }),
      subscription('b', 0),
    ];
    await store.subscribe(alice, subscriptions);
    expect(await store.subscriptionsOf(alice)).toEqual(subscriptions);
    expect(await store.subscriptionsOf(bob)).toEqual([]);
  });

  test('one with the same filter replaces the other [MQTT-3.8.4-3]', async () => {
    await using store = await open();
    await store.subscribe(alice, [subscription('a', 2)]);
    await store.subscribe(alice, [subscription('a', 0)]);
    expect(store.subscribersOf('a')).toEqual([]);
    await store.subscribe(alice, [subscription('a', 1)]);
    expect(store.subscribersOf('a')).toEqual([{ clientId: 'alice', ...subscription('a', 1) }]);
    expect(store.stats().subscriptions).toBe(1);
  });

  test('are found by topic exactly where the filter matches and the QoS is not 0', async () => {
    const entries = fc.array(fc.tuple(topicFilters, fc.constantFrom<Qos>(0, 1, 2)), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(entries, topicNames, async (list, topic) => {
        await using store = await open();
        const byFilter = new Map(list);
        for (const [filter, qos] of list) await store.subscribe(alice, [subscription(filter, qos)]);
        const expected = [...byFilter].filter(([filter, qos]) => qos > 0 && matches(filter, topic));
        const found = store.subscribersOf(topic).map(({ filter, qos }) => [filter, qos] as const);
        expect(new Map(found)).toEqual(new Map(expected));
        expect(found).toHaveLength(expected.length);
      }),
    );
  });

  test('a shared one is found by topics that match its filter, under its full name [MQTT-4.8.2-3]', async () => {
    await using store = await open();
    const names = ['$share/g/a/+', '$share/h/a/+', '$share/g/#'];
    await store.subscribe(
      alice,
      names.map((name) => subscription(name, 2)),
    );
    const found = (topic: string): string[] => store.subscribersOf(topic).map(({ filter: name }) => name);
    expect(found('a/b').sort()).toEqual([...names].sort());
    expect(found('$SYS/b')).toEqual([]);
    expect(found('$share/g/a/b')).toEqual([]);
    expect((await store.subscriptionsOf(alice)).map(({ filter }) => filter).sort()).toEqual([...names].sort());
    await store.unsubscribe(alice, ['$share/h/a/+', 'a/+', '$share/g/#']);
    expect(found('a/b')).toEqual(['$share/g/a/+']);
    expect(store.stats().subscriptions).toBe(1);
  });

  test('the filters of a session are known at once, whatever their QoS', async () => {
    await using store = await open();
    const subscribed = store.subscribe(alice, [subscription('a'), subscription('$share/g/a', 0), subscription('b')]);
    expect(store.filtersOf(alice)).toEqual(['a', '$share/g/a', 'b']);
    const removed = store.unsubscribe(alice, ['a']);
    expect([alice, bob].map((clientId) => store.filtersOf(clientId))).toEqual([['$share/g/a', 'b'], []]);
    await Promise.all([subscribed, removed]);
    await store.endSession(alice);
    expect(store.filtersOf(alice)).toEqual([]);
  });

  test('are counted until they are removed', async () => {
    await using store = await open();
    await store.subscribe(alice, [subscription('a'), subscription('b', 0)]);
    await store.subscribe(bob, [subscription('a')]);
    const owners = (): string[] => store.subscribersOf('a').map(({ clientId }) => clientId);
    expect(owners().sort()).toEqual(['alice', 'bob']);
    expect(store.stats().subscriptions).toBe(3);
    await store.unsubscribe(bob, ['a', 'unknown']);
    expect(owners()).toEqual(['alice']);
    expect(store.stats().subscriptions).toBe(2);
  });

  test.each(awkwardIds)(
    'a client id and a filter like %j are names like any other (GHSA-52qw-whmv-87c5)',
    async (id) => {
      await using store = await open();
      await store.subscribe(id, [subscription(`x/${id.replace('#', 'h')}`)]);
      const packet = await publish(store, message(`x/${id.replace('#', 'h')}`));
      expect(await messagesOf(store, id)).toMatchObject([{ topic: packet.topic }]);
      await store.endSession(id);
      expect(store.stats()).toMatchObject({ subscriptions: 0, queuedMessages: 0 });
    },
  );
}
