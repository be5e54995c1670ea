import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matches } from '../mqtt/topic.ts';
import { Plane, type Subscriber } from './plane.ts';
import { TopicIndex } from './topic-index.ts';

const subscriber = (clientId: string | undefined): Subscriber => ({ clientId, deliver: () => undefined });
const subscription = (filter: string, to: Subscriber) =>
  ({ filter, subscriber: to, qos: 0, noLocal: false, retainAsPublished: false, identifier: undefined }) as const;

/** What a watcher of a filter is told. */
function watching(plane: Plane, filter: string) {
  const told: string[] = [];
  const end = plane.watch(filter, {
    appeared: (found) => told.push(`+${found}`),
    disappeared: (found) => told.push(`-${found}`),
  });
  return { told, end };
}

test('a filter appears with its first client and disappears with its last, whatever others do', () => {
  const plane = new Plane();
  const [one, two] = [subscription('a/+', subscriber('1')), subscription('a/+', subscriber('2'))];
  plane.subscribe(subscription('a/b', subscriber('3')));
  const { told, end } = watching(plane, 'a/b');
  for (const each of [one, two, subscription('c', subscriber('1'))]) plane.subscribe(each);
  plane.unsubscribe(one);
  plane.unsubscribe(one);
  expect(told).toEqual(['+a/b', '+a/+']);
  plane.unsubscribe(two);
  expect(told).toEqual(['+a/b', '+a/+', '-a/+']);
  end();
  plane.subscribe(one);
  expect(told).toHaveLength(3);
});

test('a shared group counts as one client; what the program itself subscribes to does not count', () => {
  const plane = new Plane();
  const tap = subscription('a/#', subscriber(undefined));
  plane.subscribe(tap);
  const { told } = watching(plane, 'a/#');
  const members = ['1', '2'].map((id) => subscription('$share/g/a/#', subscriber(id)));
  for (const member of members) plane.subscribe(member);
  expect(told).toEqual(['+a/#']);
  plane.unsubscribe(tap);
  for (const member of members) plane.unsubscribe(member);
  expect(told).toEqual(['+a/#', '-a/#']);
  plane.subscribe(tap);
  expect(told).toHaveLength(2);
});

test('filters meet exactly where a topic matches both (MQTT-4.7.1, MQTT-4.7.2-1)', () => {
  const names = ['a', 'b', '', '$s'];
  const level = fc.constantFrom(...names);
  const longer = (shorter: readonly string[]): string[] =>
    shorter.flatMap((topic) => names.map((name) => `${topic}/${name}`));
  const topics = [names, longer(names), longer(longer(names)), longer(longer(longer(names)))].flat(); // up to 4 levels
  const filter = fc
    .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 3 }), fc.constantFrom('#', '+', 'a', ''))
    .map(([levels, last]) => [...levels, last].join('/'));
  fc.assert(
    fc.property(filter, filter, (here, wanted) => {
      const index = new TopicIndex<number>();
      index.add(here, 1);
      const found: string[] = [];
      index.meet(wanted, (name) => found.push(name));
      const meets = topics.some((topic) => matches(here, topic) && matches(wanted, topic));
      expect(found).toEqual(meets ? [here] : []);
      expect(index.sizeAt(here)).toBe(1);
    }),
    { numRuns: 500 },
  );
});
