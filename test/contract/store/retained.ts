import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { matches } from '../../../src/mqtt/topic.ts';
import type { Drop } from '../../../src/storage/drop.ts';
import { message, type OpenStore, retain, retained, retainedTopics, topicFilters, topicNames } from './support.ts';

export function retainedCases(open: OpenStore): void {
  test('the last message of a topic is kept, an empty one removes it [MQTT-3.3.1-5] [MQTT-3.3.1-6]', async () => {
    await using store = await open();
    await retain(store, message('a', { retain: true, payload: Buffer.from('1') }));
    await retain(store, message('a', { retain: true, payload: Buffer.from('2') }));
    const [kept, ...more] = await retained(store, 'a');
    expect([String(kept?.payload), more]).toEqual(['2', []]);
    await retain(store, message('a', { retain: true, payload: Buffer.alloc(0) }));
    expect(await retainedTopics(store, 'a')).toEqual([]);
  });

  test('empty levels are levels: `+/+` and `/+` match `/fin` [MQTT-4.7.1-2]', async () => {
    await using store = await open();
    for (const topic of ['/fin', 'fin', '/', 'a//b']) await retain(store, message(topic, { retain: true }));
    expect(await retainedTopics(store, '+/+')).toEqual(['/', '/fin']);
    expect(await retainedTopics(store, '/+')).toEqual(['/', '/fin']);
    expect(await retainedTopics(store, 'a/+/b')).toEqual(['a//b']);
  });

  test('`a/#` matches its parent `a` [MQTT-4.7.1-1]', async () => {
    await using store = await open();
    for (const topic of ['a', 'a/', 'a/b/c', 'ab']) await retain(store, message(topic, { retain: true }));
    expect(await retainedTopics(store, 'a/#')).toEqual(['a', 'a/', 'a/b/c']);
  });

  test('a leading wildcard does not show topics that begin with `$` [MQTT-4.7.2-1]', async () => {
    await using store = await open();
    for (const topic of ['$SYS/a', 'a/$b']) await retain(store, message(topic, { retain: true }));
    expect(await retainedTopics(store, '#')).toEqual(['a/$b']);
    expect(await retainedTopics(store, '+/#')).toEqual(['a/$b']);
    expect(await retainedTopics(store, '$SYS/#')).toEqual(['$SYS/a']);
  });

  test('several filters are served one after the other [MQTT-3.8.4-5]', async () => {
    await using store = await open();
    await retain(store, message('a', { retain: true }));
    expect(await retainedTopics(store, 'a', '#', 'b')).toEqual(['a', 'a']);
  });

  test('finds them among many, whatever the filter begins with, while topics come and go', async () => {
    await using store = await open();
    const name = (index: number, number: number): string =>
      `${number % 5 === 0 ? 'site/' : ''}dev-${index}/${number % 7}`;
    const topics = Array.from({ length: 900 }, (_, number) => name(number, number));
    const put = (changed: readonly string[], payload: string): Promise<void[]> =>
      Promise.all(
        changed.map((topic) => retain(store, message(topic, { retain: true, payload: Buffer.from(payload) }))),
      );
    const filters = ['+/3', 'site/+/3', '+/+/3', '+/none', '+', '+/+', '+/+/+', '+/+/#', '+/3/#', 'site/#', '#'];
    const expectAll = async (kept: readonly string[]): Promise<void> => {
      for (const filter of filters)
        expect([filter, await retainedTopics(store, filter)]).toEqual([
          filter,
          kept.filter((topic) => matches(filter, topic)).toSorted(),
        ]);
    };
    await put(topics, 'x');
    await expectAll(topics);
    const gone = topics.filter((_, number) => number % 3 === 0);
    const more = Array.from({ length: 400 }, (_, number) => name(number, number + 1));
    await Promise.all([put(gone, ''), put(more, 'y')]);
    const kept = topics.filter((topic) => !gone.includes(topic));
    await expectAll([...new Set([...kept, ...more])]);
  });

  test('finds exactly the topics that the filter matches', async () => {
    const names = fc.uniqueArray(topicNames, { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(names, names, topicFilters, async (topics, removed, filter) => {
        await using store = await open();
        for (const topic of topics) await retain(store, message(topic, { retain: true }));
        for (const topic of removed) await retain(store, message(topic, { retain: true, payload: Buffer.alloc(0) }));
        const expected = topics.filter((topic) => !removed.includes(topic) && matches(filter, topic)).sort();
        expect(await retainedTopics(store, filter)).toEqual(expected);
      }),
    );
  });

  test('an expired message is gone for readers and for the limit [MQTT-3.3.2-5]', async () => {
    let now = 1_000;
    const drops: Drop[] = [];
    const deps = { now: () => now, onDropped: (drop: Drop) => drops.push(drop) };
    await using store = await open({ retainedMessages: 2 }, deps);
    await retain(store, message('short', { retain: true, expiresAt: 2_000 }));
    await retain(store, message('long', { retain: true, expiresAt: 9_000 }));
    now = 2_000;
    expect(await retainedTopics(store, '#')).toEqual(['long']);
    await retain(store, message('new', { retain: true }));
    expect(await retainedTopics(store, '#')).toEqual(['long', 'new']);
    expect(drops).toEqual([{ reason: 'expired', topic: 'short' }]);
  });

  test('beyond the limit a new topic is not retained, a known one still is', async () => {
    const drops: Drop[] = [];
    await using store = await open({ retainedMessages: 1 }, { onDropped: (drop) => drops.push(drop) });
    await retain(store, message('a', { retain: true }));
    await retain(store, message('b', { retain: true }));
    await retain(store, message('a', { retain: true, payload: Buffer.from('new') }));
    const kept = await retained(store, '#');
    expect(kept.map(({ topic, payload }) => [topic, String(payload)])).toEqual([['a', 'new']]);
    expect(drops).toEqual([{ reason: 'retained-full', topic: 'b' }]);
  });
}
