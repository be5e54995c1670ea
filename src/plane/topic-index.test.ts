import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matches } from '../mqtt/topic.ts';
import { TopicIndex } from './topic-index.ts';

const found = (filters: readonly string[], topic: string): string[] => {
  const index = new TopicIndex<string>();
  for (const filter of filters) index.add(filter, filter);
  const values: string[] = [];
  index.match(topic, (value) => values.push(value));
  return values.sort();
};

test.each([
  ['a/b', ['a/b', 'a/+', 'a/#', '#', '+/+', '+/b']],
  ['a', ['a', 'a/#', '#', '+']],
  ['/a', ['/a', '+/a', '/+', '/#', '#', '+/+']],
  ['a/', ['a/', 'a/+', '+/', 'a/#', '#']],
  ['/', ['/', '+/+', '#', '/#']],
])('topic %s is found by each of %j (MQTT-4.7)', (topic, filters) => {
  expect(found(filters, topic)).toEqual(filters.toSorted());
});

test.each([
  ['a/b', ['a', 'a/b/c', '+', 'b/#', 'a/b/+']],
  ['$SYS/x', ['#', '+/x', '+/#']],
])('topic %s is found by none of %j (MQTT-4.7.2-1)', (topic, filters) => {
  expect(found(filters, topic)).toEqual([]);
});

test('a filter that names the $ level matches a $ topic (MQTT-4.7.2-1)', () => {
  expect(found(['$SYS/#', '$SYS/+'], '$SYS/x')).toEqual(['$SYS/#', '$SYS/+']);
});

test('an index is empty again when everything is removed', () => {
  const index = new TopicIndex<number>();
  expect(index.add('a/+/c', 1)).toBe(true);
  expect(index.add('a/+/c', 1)).toBe(false);
  expect(index.remove('a/+', 1)).toBe(false);
  expect(index.remove('a/+/c', 1)).toBe(true);
  expect(index.remove('a/+/c', 1)).toBe(false);
  expect(index.size).toBe(0);
});

const level = fc.constantFrom('', 'a', 'b', '$x', 'constructor', '__proto__');
const topic = fc
  .array(level, { minLength: 1, maxLength: 4 })
  .map((levels) => levels.join('/'))
  .filter((text) => text !== '');
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 3 }), fc.boolean())
  .map(([levels, isOpen]) => [...levels, ...(isOpen ? ['#'] : [])].join('/'))
  .filter((text) => text !== '');

test('the index finds what the matcher of single filters finds', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(filter, { maxLength: 8 }),
      fc.array(filter, { maxLength: 3 }),
      topic,
      (filters, removed, name) => {
        const index = new TopicIndex<string>();
        for (const one of filters) index.add(one, one);
        for (const one of removed) index.remove(one, one);
        const values: string[] = [];
        index.match(name, (value) => values.push(value));
        expect(values.sort()).toEqual(filters.filter((one) => !removed.includes(one) && matches(one, name)).sort());
      },
    ),
  );
});
