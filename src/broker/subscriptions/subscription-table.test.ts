import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matches } from '../../mqtt/topic.ts';
import type { Qos } from '../../plane/message.ts';
import type { Subscription } from '../../plane/plane.ts';
import { formNameOf } from './filter-form.ts';
import { memoryOf } from './subscription-memory.ts';
import { SubscriptionTable } from './subscription-table.ts';

const roomy = { count: 10_000, bytes: 1_000_000, overlap: 10_000 };

const subscription = (filter: string, qos: Qos = 0): Subscription => ({
  filter,
  subscriber: { clientId: 'c', deliver: () => undefined },
  qos,
  noLocal: false,
  retainAsPublished: false,
  identifier: undefined,
});

const level = fc.constantFrom('', 'a', 'b', '$x', '__proto__');
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 4 }), fc.boolean())
  .map(([levels, isOpen]) => [...levels, ...(isOpen ? ['#'] : [])].join('/'));
const qos = fc.constantFrom<Qos>(0, 1, 2);

test('the highest QoS is that of the filters that match, one by one', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(filter, qos), { maxLength: 12 }), topic, qos, (granted, name, least) => {
      const table = new SubscriptionTable();
      for (const [each, at] of granted) {
        if (table.get(each) === undefined) table.reserve(each, roomy);
        table.set(subscription(each, at));
      }
      const matching = [...table.values()].filter((each) => matches(each.filter, name)).map((each) => each.qos);
      expect(table.highestQos(name, least)).toBe(Math.max(least, ...matching));
    }),
  );
});

test('of the filters of one form one at most matches a topic, so the forms bound those that do', () => {
  fc.assert(
    fc.property(fc.uniqueArray(filter, { maxLength: 20 }), topic, (filters, name) => {
      const matching = filters.filter((each) => matches(each, name));
      expect(new Set(matching.map(formNameOf)).size).toBe(matching.length);
    }),
  );
});

test('a shared subscription grants no QoS to retained messages [MQTT 5, 4.8.2]', () => {
  const table = new SubscriptionTable();
  table.reserve('$share/g/a', roomy);
  table.set(subscription('$share/g/a', 2));
  expect(table.highestQos('a', 0)).toBe(0);
});

test.each([
  ['count', { ...roomy, count: 2 }, ['a', 'b'], 'c'],
  ['bytes', { ...roomy, bytes: memoryOf('a/b') + memoryOf('c') }, ['a/b'], 'cc'],
  ['overlap', { ...roomy, overlap: 1 }, ['a/+', 'b/+', 'c', 'c/d'], '+/a'],
  ['overlap', { ...roomy, overlap: 1 }, ['$share/g/a', '$share/g/b'], '$share/h/a'],
] as const)('the limit of %s is %j: after %j there is no room for %s', (limit, limits, taken, refused) => {
  const table = new SubscriptionTable();
  for (const each of taken) expect(table.reserve(each, limits)).toBeUndefined();
  expect(table.reserve(refused, limits)).toBe(limit);
  for (const each of taken) table.release(each);
  expect(table.reserve(refused, limits)).toBeUndefined();
});

test('what is reserved and released leaves the room that there was', () => {
  fc.assert(
    fc.property(fc.uniqueArray(filter, { minLength: 1, maxLength: 20 }), (filters) => {
      const bytes = filters.reduce((sum, each) => sum + memoryOf(each), 0);
      const exact = { count: filters.length, bytes, overlap: Math.max(1, new Set(filters.map(formNameOf)).size) };
      const table = new SubscriptionTable();
      for (let round = 0; round < 2; round += 1) {
        for (const each of filters) {
          expect(table.reserve(each, exact)).toBeUndefined();
          table.set(subscription(each));
        }
        expect(table.reserve('one/more', exact)).toBe('count');
        for (const each of filters) table.delete(each);
        expect(table.size).toBe(0);
      }
    }),
  );
});

test('filters granted before the limits were lowered are taken back in, and no more than them', () => {
  const table = new SubscriptionTable();
  for (const each of ['a', 'b/+', '+/c']) table.restore(each);
  expect(table.reserve('d', { count: 2, bytes: 1, overlap: 1 })).toBe('count');
});
