import { expect, test } from 'vitest';
import type { Message, Qos } from './message.ts';
import { type Delivery, Plane, type Subscriber, type SubscriptionOptions } from './plane.ts';

const message = (fields: Partial<Message> = {}): Message => ({
  topic: 'a/b',
  payload: new Uint8Array(),
  qos: 2,
  retain: true,
  origin: { kind: 'client', clientId: 'publisher' },
  ...fields,
});

const recorder = (clientId: string): Subscriber & { deliveries: Delivery[] } => {
  const deliveries: Delivery[] = [];
  return { clientId, deliveries, deliver: (_message, delivery) => void deliveries.push(delivery) };
};

const options = (qos: Qos, more: Partial<SubscriptionOptions> = {}): SubscriptionOptions => ({
  qos,
  noLocal: false,
  retainAsPublished: false,
  identifier: undefined,
  ...more,
});

test('overlapping filters of one client give one delivery at the highest QoS with all identifiers (MQTT-3.3.4-2, MQTT-3.3.4-4)', () => {
  const plane = new Plane();
  const subscriber = recorder('s');
  plane.subscribe({ filter: 'a/b', subscriber, ...options(0, { identifier: 7 }) });
  plane.subscribe({ filter: 'a/#', subscriber, ...options(1, { identifier: 9 }) });
  plane.subscribe({ filter: '+/b', subscriber, ...options(0) });
  expect(plane.route(message())).toBe(1);
  expect(subscriber.deliveries).toHaveLength(1);
  expect(subscriber.deliveries[0]).toMatchObject({ qos: 1, retain: false });
  expect(subscriber.deliveries[0]?.identifiers.toSorted()).toEqual([7, 9]);
});

test('a message is never delivered above its own QoS (MQTT-3.8.4-8)', () => {
  const plane = new Plane();
  const subscriber = recorder('s');
  plane.subscribe({ filter: '#', subscriber, ...options(2) });
  plane.route(message({ qos: 1 }));
  expect(subscriber.deliveries[0]?.qos).toBe(1);
});

test('no-local keeps a message from the client that published it, other filters of it included only without the option (MQTT-3.8.3-3)', () => {
  const plane = new Plane();
  const publisher = recorder('publisher');
  plane.subscribe({ filter: '#', subscriber: publisher, ...options(2, { noLocal: true }) });
  expect(plane.route(message())).toBe(0);
  plane.subscribe({ filter: 'a/+', subscriber: publisher, ...options(1) });
  expect(plane.route(message())).toBe(1);
  expect(publisher.deliveries).toMatchObject([{ qos: 1 }]);
});

test('retain-as-published keeps the retain flag (MQTT-3.3.1-12, MQTT-3.3.1-13)', () => {
  const plane = new Plane();
  const subscriber = recorder('s');
  plane.subscribe({ filter: 'a/#', subscriber, ...options(0, { retainAsPublished: true }) });
  plane.route(message());
  plane.route(message({ retain: false }));
  expect(subscriber.deliveries.map(({ retain }) => retain)).toEqual([true, false]);
});

test('nothing is delivered after unsubscribe', () => {
  const plane = new Plane();
  const subscription = { filter: 'a/b', subscriber: recorder('s'), ...options(1) };
  plane.subscribe(subscription);
  plane.unsubscribe(subscription);
  expect(plane.route(message())).toBe(0);
  expect(plane.subscriptions).toBe(0);
});

test('a route that is remembered follows every subscription that comes or goes, exact, with wildcard or shared', () => {
  const plane = new Plane();
  const filters = ['a/b', 'a/+', '#', '$share/g/a/b', '$share/g/a/#'];
  const all = filters.map((filter, index) => ({ filter, subscriber: recorder(`s${index}`), ...options(1) }));
  for (const [index, subscription] of all.entries()) {
    expect(plane.route(message())).toBe(index);
    plane.subscribe(subscription);
  }
  for (const [index, subscription] of all.entries()) {
    expect(plane.route(message())).toBe(all.length - index);
    plane.unsubscribe(subscription);
  }
  expect(plane.route(message())).toBe(0);
});

test('a subscriber that leaves while a message is delivered does not keep it from the others', () => {
  const plane = new Plane();
  const last = recorder('last');
  const leaving = {
    filter: 'a/b',
    subscriber: { clientId: 'first', deliver: () => plane.unsubscribe(leaving) },
    ...options(1),
  };
  plane.subscribe(leaving);
  plane.subscribe({ filter: 'a/b', subscriber: last, ...options(1) });
  expect(plane.route(message())).toBe(2);
  expect(plane.route(message())).toBe(1);
  expect(last.deliveries).toHaveLength(2);
});

test('remembered routes are bounded in bytes, whether topics are long or have many subscribers', () => {
  const plane = new Plane();
  const on = (topic: string) => plane.route({ ...message(), topic });
  for (let index = 0; index < 3_000; index += 1) on(`${index}/${'x'.repeat(60_000)}`);
  expect(plane.routeBytes).toBeLessThanOrEqual(32 * 1024 * 1024);
  for (let index = 0; index < 2_000; index += 1)
    plane.subscribe({ filter: '#', subscriber: recorder(`s${index}`), ...options(0) });
  for (let index = 0; index < 200; index += 1) on(`t/${index}`);
  expect(plane.routeBytes).toBeGreaterThan(2_000 * 100);
  expect(plane.routeBytes).toBeLessThanOrEqual(32 * 1024 * 1024);
});
