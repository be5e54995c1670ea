import { expect, test } from 'vitest';
import type { QueuedPacket, Store, StoredSubscription } from '../../../src/broker/store-port.ts';
import type { Drop } from '../../../src/storage/drop.ts';
import {
  alice,
  bob,
  message,
  messagesOf,
  type NamedPacket,
  type OpenStore,
  publish,
  queueOf,
  read,
  sent,
  subscription,
} from './support.ts';

const topicIn = (packet: QueuedPacket): string => (packet.cmd === 'pubrel' ? '' : packet.topic);

export function enqueueCases(open: OpenStore): void {
  test.each([
    [0, 1, 1],
    [1, 2, 1],
    [2, 1, 1],
    [2, 2, 2],
  ] as const)(
    'overlapping filters granted %i and %i, published at QoS %i: once, at the highest granted',
    async (first, second, published) => {
      await using store = await open();
      await store.subscribe(alice, [subscription('a/b', first), subscription('a/#', second)]);
      await publish(store, message('a/b', { qos: published }));
      const expected = Math.min(published, Math.max(first, second));
      expect((await messagesOf(store)).map(({ qos }) => qos)).toEqual([expected]);
    },
  );

  test('empty levels and `$` topics follow the filter rules [MQTT-4.7.1-2] [MQTT-4.7.2-1]', async () => {
    await using store = await open();
    await store.subscribe(alice, [subscription('+/+'), subscription('#')]);
    for (const topic of ['/fin', '$SYS/x']) await publish(store, message(topic));
    expect((await messagesOf(store)).map(({ topic }) => topic)).toEqual(['/fin']);
  });

  test('the retain flag is cleared unless the subscription keeps it [MQTT-3.3.1-9] [MQTT-3.3.1-13]', async () => {
    await using store = await open();
    await store.subscribe(alice, [subscription('a')]);
    await store.subscribe(bob, [subscription('a', 1, { retainAsPublished: true })]);
    await publish(store, message('a', { retain: true }));
    expect((await messagesOf(store)).map(({ retain }) => retain)).toEqual([false]);
    expect((await messagesOf(store, bob)).map(({ retain }) => retain)).toEqual([true]);
  });

  test('the publisher does not get its own message under No Local [MQTT-3.8.3-3]', async () => {
    await using store = await open();
    await store.subscribe(alice, [subscription('a', 1, { noLocal: true })]);
    await publish(store, message('a', { clientId: 'alice' }));
    await publish(store, message('a', { clientId: 'bob' }));
    expect((await messagesOf(store)).map(({ clientId }) => clientId)).toEqual(['bob']);
  });

  test('the identifiers of all matching subscriptions come along [MQTT-3.3.4-4]', async () => {
    await using store = await open();
    const one = subscription('a/b', 1, { identifier: 1 });
    const two = subscription('a/#', 1, { identifier: 2 });
    await store.subscribe(alice, [one, two, subscription('+/b')]);
    await store.subscribe(bob, [two]);
    await publish(store, message('a/b', { properties: { contentType: 'text' } }));
    const [toAlice] = await messagesOf(store);
    expect(toAlice?.properties).toEqual({ contentType: 'text', subscriptionIdentifier: expect.any(Array) });
    expect(Object(toAlice?.properties).subscriptionIdentifier.sort()).toEqual([1, 2]);
    const [toBob] = await messagesOf(store, bob);
    expect(toBob?.properties).toEqual({ contentType: 'text', subscriptionIdentifier: 2 });
  });

  test('what came through shared subscriptions alone says through which [MQTT-4.8.2-5]', async () => {
    await using store = await open();
    const [g, h] = ['$share/g/a/+', '$share/h/ä/"b c"'].map((topic) => subscription(topic, 2, { identifier: 7 }));
    const own = subscription('a/b');
    const queue = (...targets: readonly StoredSubscription[]): Promise<void> =>
      store.keep(
        message('a/b', { properties: { correlationData: Buffer.from('c') } }),
        targets.map((target) => ({ clientId: 'alice', ...target })),
      );
    await queue(g!);
    await queue(g!, h!);
    await queue(g!, own);
    await queue(own, h!);
    await store.keep(message('a/b'), [{ clientId: 'alice' }]);
    const shared = [[g!.filter], [g!.filter, h!.filter], undefined, undefined, undefined];
    const queued = await messagesOf(store);
    expect(queued.map((packet) => packet.shared)).toEqual(shared);
    await sent(store, queued[1] as NamedPacket, 5);
    expect((await messagesOf(store)).map((packet) => packet.shared)).toEqual(shared);
  });

  test('what a reader does to a packet changes no other packet', async () => {
    await using store = await open();
    const packet = message('a', { properties: { messageExpiryInterval: 60 } });
    await store.keep(packet, [{ clientId: 'alice' }, { clientId: 'bob' }]);
    const [read1] = await messagesOf(store);
    Object.assign(read1?.properties ?? {}, { messageExpiryInterval: 1 });
    for (const client of [alice, bob])
      expect((await messagesOf(store, client))[0]?.properties).toEqual({ messageExpiryInterval: 60 });
    expect(packet.properties).toEqual({ messageExpiryInterval: 60 });
  });
}

export function queueCases(open: OpenStore): void {
  const openWith = async (...topics: string[]): Promise<[Store & AsyncDisposable, NamedPacket[]]> => {
    const store = await open();
    const packets = topics.map((topic) => message(topic, { qos: 2 }));
    for (const packet of packets) await store.keep(packet, [{ clientId: 'alice' }]);
    return [store, packets];
  };

  test('keeps the order of messages [MQTT-4.6.0-6]', async () => {
    const topics = Array.from({ length: 100 }, (_, index) => `t/${index}`);
    const [opened] = await openWith(...topics);
    await using store = opened;
    expect((await messagesOf(store)).map(({ topic }) => topic)).toEqual(topics);
  });

  test('sets DUP on what was sent before, and only on that [MQTT-3.3.1-1] [MQTT-3.3.1-2]', async () => {
    const [opened, [first]] = await openWith('a', 'b');
    await using store = opened;
    await sent(store, first!, 11);
    const replayed = await messagesOf(store);
    expect(replayed.map(({ topic, dup, packetId }) => [topic, dup, packetId])).toEqual([
      ['a', true, 11],
      ['b', false, undefined],
    ]);
  });

  test('an acknowledged message is gone, whatever was acknowledged before it', async () => {
    const [opened, packets] = await openWith('a', 'b', 'c');
    await using store = opened;
    for (const [index, packet] of packets.entries()) await sent(store, packet, index + 1);
    await store.settle(alice, 2);
    await store.settle(alice, 2);
    expect((await messagesOf(store)).map(({ topic }) => topic)).toEqual(['a', 'c']);
  });

  test('a PUBREL takes the place of its message until it is acknowledged [MQTT-4.3.3-5]', async () => {
    const [opened, [first]] = await openWith('a', 'b');
    await using store = opened;
    await sent(store, first!, 5);
    await store.markReceived(alice, 5);
    expect(await queueOf(store)).toMatchObject([{ cmd: 'pubrel', packetId: 5 }, { topic: 'b' }]);
    await store.markReceived(alice, 5);
    expect(await queueOf(store)).toMatchObject([{ cmd: 'pubrel', packetId: 5 }, { topic: 'b' }]);
    await store.settle(alice, 5);
    expect(await queueOf(store)).toMatchObject([{ topic: 'b' }]);
  });

  test('an update of what is not queued is no error and queues nothing', async () => {
    await using store = await open();
    await sent(store, message('gone'), 3);
    await store.markReceived(alice, 3);
    expect(await queueOf(store)).toEqual([]);
  });

  test('a message without packet identifier is named by its identity, and only while it was not sent', async () => {
    const [opened, [first, second]] = await openWith('a', 'b', 'c');
    await using store = opened;
    await sent(store, first!, 1);
    await store.discard(alice, first!);
    await store.discard(alice, second!);
    await store.discard(alice, message('unknown'));
    expect((await messagesOf(store)).map(({ topic }) => topic)).toEqual(['a', 'c']);
  });

  test('two messages under one packet identifier are both kept until both are acknowledged', async () => {
    const [opened, packets] = await openWith('a', 'b');
    await using store = opened;
    for (const packet of packets) await sent(store, packet, 9);
    await store.settle(alice, 9);
    expect(await queueOf(store)).toHaveLength(1);
    await store.settle(alice, 9);
    expect(await queueOf(store)).toEqual([]);
  });

  test('a replay shows what was queued when it began, without what is acknowledged meanwhile', async () => {
    const [opened, packets] = await openWith('a', 'b');
    await using store = opened;
    const replay = store.queue(alice);
    await sent(store, packets[1]!, 1);
    await store.settle(alice, 1);
    await store.keep(message('late'), [{ clientId: 'alice' }]);
    expect((await read(replay)).map(topicIn)).toEqual(['a']);
  });

  test('a replay does not show what is queued after it began, even in a queue that was emptied meanwhile', async () => {
    await using store = await open();
    const acknowledge = async (packet: NamedPacket): Promise<void> => {
      await sent(store, packet, 1);
      await store.settle(alice, 1);
    };
    for (let round = 0; round < 20; round += 1) {
      const [before, after] = [message('before'), message('after')];
      await store.keep(before, [{ clientId: 'alice' }]);
      await sent(store, before, 1);
      const replay = read(store.queue(alice));
      const cleared = store.settle(alice, 1);
      await store.keep(after, [{ clientId: 'alice' }]);
      await cleared;
      expect((await replay).map(topicIn)).not.toContain('after');
      await acknowledge(after);
    }
  });

  test('beyond the limit the oldest message is dropped and reported', async () => {
    const drops: Drop[] = [];
    await using store = await open({ queuedMessages: 2 }, { onDropped: (drop) => drops.push(drop) });
    for (const topic of ['a', 'b', 'c']) await store.keep(message(topic), [{ clientId: 'alice' }]);
    await store.keep(message('a'), [{ clientId: 'bob' }]);
    expect((await messagesOf(store)).map(({ topic }) => topic)).toEqual(['b', 'c']);
    expect(drops).toEqual([{ reason: 'queue-full', clientId: 'alice', topic: 'a' }]);
  });

  test('an expired message is not replayed, unless it was sent before [MQTT-3.3.2-5]', async () => {
    let now = 1_000;
    await using store = await open({}, { now: () => now });
    const packets = [message('sent', { expiresAt: 2_000 }), message('waiting', { expiresAt: 2_000 })];
    for (const packet of packets) await store.keep(packet, [{ clientId: 'alice' }]);
    await sent(store, packets[0]!, 1);
    now = 2_000;
    expect((await messagesOf(store)).map(({ topic }) => topic)).toEqual(['sent']);
  });

  test('what is queued after the last message of the queue expired is kept', async () => {
    let now = 1_000;
    await using store = await open({}, { now: () => now });
    for (const [index, topic] of ['first', 'second', 'third'].entries()) {
      now = 1_000 * (index + 1);
      const next = message(topic, { expiresAt: now + 1_000 });
      await store.keep(next, [{ clientId: 'alice' }]);
      expect((await messagesOf(store)).map((packet) => packet.topic)).toEqual([topic]);
      expect(store.stats().queuedMessages).toBe(1);
    }
  });

  test('what is queued while the queue is read and its last message expires is kept', async () => {
    let now = 1_000;
    await using store = await open({}, { now: () => now });
    await store.keep(message('expires', { expiresAt: 2_000 }), [{ clientId: 'alice' }]);
    now = 2_000;
    const replay = messagesOf(store);
    await store.keep(message('new'), [{ clientId: 'alice' }]);
    expect(await replay).toEqual([]);
    expect((await messagesOf(store)).map(({ topic }) => topic)).toEqual(['new']);
  });
}
