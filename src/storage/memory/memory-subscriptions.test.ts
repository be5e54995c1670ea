import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemorySubscriptions } from './memory-subscriptions.ts';

const filters = Array.from({ length: 8 * 2 }, (_, index) => `f/${index}`);
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);

test('a client has the subscriptions that were added last and not removed, whether few or many', () => {
  const step = fc.record({
    what: fc.constantFrom('add' as const, 'add' as const, 'remove' as const),
    filter: fc.constantFrom(...filters),
    qos,
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const subscriptions = new MemorySubscriptions();
      const expected = new Map<string, number>();
      for (const { what, filter, qos: granted } of steps) {
        if (what === 'remove') {
          subscriptions.remove('a', [filter]);
          expected.delete(filter);
        } else {
          subscriptions.add('a', [{ filter, qos: granted }]);
          expected.set(filter, granted);
        }
        expect(subscriptions.total).toBe(expected.size);
      }
      expect([...subscriptions.clientIds()]).toEqual(expected.size > 0 ? ['a'] : []);
      expect(subscriptions.of('a').map(({ filter, qos: granted }) => [filter, granted])).toEqual([...expected]);
      for (const topic of filters) {
        expect(subscriptions.match(topic).length).toBe((expected.get(topic) ?? 0) > 0 ? 1 : 0);
        expect(subscriptions.find('a', topic)?.qos).toBe(expected.get(topic));
      }
      subscriptions.removeAll('a');
      expect([subscriptions.total, subscriptions.bytes, ...subscriptions.clientIds()]).toEqual([0, 0]);
      for (const topic of filters) expect(subscriptions.match(topic)).toEqual([]);
    }),
  );
});
