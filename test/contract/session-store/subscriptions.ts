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
  read,
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
      subscription('a/+', 2, { rh: 1, rap: true, nl: true, subscriptionIdentifier: 7 }),
      subscription('b', 0),
    ];
    await store.addSubscriptions(alice, subscriptions);
    expect(await store.subscriptionsByClient(alice)).toEqual(subscriptions);
    expect(await store.subscriptionsByClient(bob)).toEqual([]);
  });

  test('one with the same filter replaces the other [MQTT-3.8.4-3]', async () => {
    await using store = await open();
    await store.addSubscriptions(alice, [subscription('a', 2)]);
    await store.addSubscriptions(alice, [subscription('a', 0)]);
    expect(await store.subscriptionsByTopic('a')).toEqual([]);
    await store.addSubscriptions(alice, [subscription('a', 1)]);
    expect(await store.subscriptionsByTopic('a')).toEqual([{ clientId: 'alice', ...subscription('a', 1) }]);
    expect(await store.countOffline()).toEqual({ subsCount: 1, clientsCount: 1 });
  });

  test('are found by topic exactly where the filter matches and the QoS is not 0', async () => {
    const entries = fc.array(fc.tuple(topicFilters, fc.constantFrom<Qos>(0, 1, 2)), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(entries, topicNames, async (list, topic) => {
        await using store = await open();
        const byFilter = new Map(list);
        for (const [filter, qos] of list) await store.addSubscriptions(alice, [subscription(filter, qos)]);
        const expected = [...byFilter].filter(([filter, qos]) => qos > 0 && matches(filter, topic));
        const found = (await store.subscriptionsByTopic(topic)).map(({ topic: filter, qos }) => [filter, qos] as const);
        expect(new Map(found)).toEqual(new Map(expected));
        expect(found).toHaveLength(expected.length);
      }),
    );
  });

  test('a shared one is found by topics that match its filter, under its full name [MQTT-4.8.2-3]', async () => {
    await using store = await open();
    const names = ['$share/g/a/+', '$share/h/a/+', '$share/g/#'];
    await store.addSubscriptions(
      alice,
      names.map((name) => subscription(name, 2)),
    );
    const found = (topic: string): string[] => store.subscribersOf(topic).map(({ topic: name }) => name);
    expect(found('a/b').sort()).toEqual([...names].sort());
    expect(found('$SYS/b')).toEqual([]);
    expect(found('$share/g/a/b')).toEqual([]);
    expect((await store.subscriptionsByClient(alice)).map(({ topic }) => topic).sort()).toEqual([...names].sort());
    await store.removeSubscriptions(alice, ['$share/h/a/+', 'a/+', '$share/g/#']);
    expect(found('a/b')).toEqual(['$share/g/a/+']);
    expect(await store.countOffline()).toEqual({ subsCount: 1, clientsCount: 1 });
  });

  test('a session knows whether it is in a shared group [MQTT-4.8.2-1]', async () => {
    await using store = await open();
    await store.addSubscriptions(alice, [subscription('$shared/g/a'), subscription('share/g/a')]);
    expect(store.hasShared(alice)).toBe(false);
    await store.addSubscriptions(alice, [subscription('$share/g/a'), subscription('$share/h/a', 0)]);
    await store.removeSubscriptions(alice, ['$share/h/a']);
    expect([alice, bob].map((session) => store.hasShared(session))).toEqual([true, false]);
    await store.removeSubscriptions(alice, ['$share/g/a']);
    expect(store.hasShared(alice)).toBe(false);
  });

  test('are counted and listed by filter until they are removed', async () => {
    await using store = await open();
    await store.addSubscriptions(alice, [subscription('a'), subscription('b', 0)]);
    await store.addSubscriptions(bob, [subscription('a')]);
    expect(await store.countOffline()).toEqual({ subsCount: 2, clientsCount: 2 });
    expect(await read<string>(store.getClientList('a'))).toEqual(['alice', 'bob']);
    await store.removeSubscriptions(bob, ['a', 'unknown']);
    expect(await store.countOffline()).toEqual({ subsCount: 1, clientsCount: 1 });
    expect(await read<string>(store.getClientList('a'))).toEqual(['alice']);
  });

  test.each(awkwardIds)(
    'a client id and a filter like %j are names like any other (GHSA-52qw-whmv-87c5)',
    async (id) => {
      await using store = await open();
      await store.addSubscriptions({ id }, [subscription(`x/${id.replace('#', 'h')}`)]);
      const packet = await publish(store, message(`x/${id.replace('#', 'h')}`));
      expect(await messagesOf(store, { id })).toMatchObject([{ topic: packet.topic }]);
      await store.cleanSubscriptions({ id });
      expect(await store.countOffline()).toEqual({ subsCount: 0, clientsCount: 0 });
    },
  );
}
