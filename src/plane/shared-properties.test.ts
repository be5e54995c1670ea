import fc from 'fast-check';
import { expect, test } from 'vitest';
import { counts, join, message, type Recorder, recorder, subscription } from '../../test/support/plane-clients.ts';
import { matches, parseSharedFilter } from '../mqtt/topic.ts';
import type { Qos } from './message.ts';
import { Plane, type Subscription } from './plane.ts';

const topics = ['a', 'a/b', '/b', '$x/b'] as const;
const filters = fc.constantFrom('a', 'a/b', 'a/#', '+/b', '#', '$x/+');
const sharedFilters = fc
  .tuple(fc.constantFrom('g', 'h'), filters)
  .map(([group, filter]) => `$share/${group}/${filter}`);
const step = fc.oneof(
  fc.record({
    kind: fc.constant('subscribe' as const),
    client: fc.nat(3),
    filter: fc.oneof(filters, sharedFilters),
    qos: fc.constantFrom<Qos>(0, 1, 2),
  }),
  fc.record({ kind: fc.constant('leave' as const), at: fc.nat(9) }),
  fc.record({ kind: fc.constant('publish' as const), topic: fc.constantFrom(...topics), isChosen: fc.boolean() }),
);

test('every message reaches each ordinary match and one member of each matching group, once each, as clients come and go', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const plane = new Plane();
      const clients = Array.from({ length: 4 }, (_, index) => recorder(`client-${index}`));
      const live: Subscription[] = [];
      let identifier = 0;
      for (const one of steps) {
        if (one.kind === 'subscribe') {
          const subscriber = clients[one.client]!;
          const earlier = live.findIndex((other) => other.subscriber === subscriber && other.filter === one.filter);
          for (const replaced of earlier === -1 ? [] : live.splice(earlier, 1)) plane.unsubscribe(replaced);
          const added = subscription(one.filter, subscriber, { qos: one.qos, identifier: (identifier += 1) });
          live.push(added);
          plane.subscribe(added);
        } else if (one.kind === 'leave') {
          for (const left of live.splice(one.at, 1)) plane.unsubscribe(left);
        } else {
          for (const client of clients) client.deliveries.length = 0;
          const count = plane.route(message({ topic: one.topic }), one.isChosen ? plane.choose(one.topic) : undefined);
          check(one.topic, clients, live, count);
        }
        expect(plane.subscriptions).toBe(live.length);
      }
    }),
  );
});

/** Every subscription has an identifier of its own, so a delivery tells which ones it is for. */
function check(topic: string, clients: readonly Recorder[], live: readonly Subscription[], count: number): void {
  expect(counts(clients).reduce((sum, each) => sum + each, 0)).toBe(count);
  const matching = live.filter(({ filter }) => matches(parseSharedFilter(filter)?.filter ?? filter, topic));
  const served = clients.flatMap((client) => {
    expect(client.deliveries.length).toBeLessThanOrEqual(1);
    return client.deliveries.flatMap(({ qos, identifiers, shared }) => {
      const own = matching.filter((one) => one.subscriber === client && identifiers.includes(one.identifier ?? 0));
      expect(own).toHaveLength(identifiers.length);
      expect(qos).toBe(Math.max(...own.map((one) => one.qos)));
      const isOnlyShared = own.every(({ filter }) => filter.startsWith('$share/'));
      expect(shared?.toSorted()).toEqual(isOnlyShared ? own.map(({ filter }) => filter).toSorted() : undefined);
      return own;
    });
  });
  const ordinary = matching.filter(({ filter }) => !filter.startsWith('$share/'));
  for (const one of ordinary) expect(served).toContain(one);
  const groups = new Set(matching.map(({ filter }) => filter).filter((filter) => filter.startsWith('$share/')));
  for (const group of groups) expect(served.filter(({ filter }) => filter === group)).toHaveLength(1);
  expect(served).toHaveLength(ordinary.length + groups.size);
}

test('stable members of a group get as many messages each, give or take one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 0, max: 50 }), (size, messages) => {
      const plane = new Plane();
      const members = join(plane, '$share/g/#', 'abcdefg'.slice(0, size));
      for (let sent = 0; sent < messages; sent += 1) plane.route(message({ topic: topics[sent % 3]! }));
      const shares = counts(members);
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(messages);
    }),
  );
});
