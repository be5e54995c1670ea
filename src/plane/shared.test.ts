import { describe, expect, test } from 'vitest';
import { counts, join, message, recorder, subscription } from '../../test/support/plane-clients.ts';
import { Plane } from './plane.ts';

describe('a shared subscription', () => {
  test('gives each message to one member, in turn (MQTT 5, 4.8.2)', () => {
    const plane = new Plane();
    const members = join(plane, '$share/g/a/+', 'xyz');
    for (let round = 0; round < 4; round += 1) expect(plane.route(message())).toBe(1);
    expect(counts(members)).toEqual([2, 1, 1]);
    expect(members[0]?.deliveries[0]).toEqual({ qos: 1, retain: false, identifiers: [], shared: ['$share/g/a/+'] });
  });

  test('grants each member its own QoS (MQTT-4.8.2-3)', () => {
    const plane = new Plane();
    const [first] = join(plane, '$share/g/a/b', 'x', { qos: 0 });
    const [second] = join(plane, '$share/g/a/b', 'y', { qos: 2 });
    plane.route(message());
    plane.route(message());
    expect([first?.deliveries[0]?.qos, second?.deliveries[0]?.qos]).toEqual([0, 2]);
  });

  test('is one of its own for each share name and each filter (MQTT-4.8.2-1)', () => {
    const plane = new Plane();
    const members = ['$share/g/a/b', '$share/h/a/b', '$share/g/a/+'].flatMap((filter) => join(plane, filter, 'x'));
    expect(plane.route(message())).toBe(3);
    expect(counts(members)).toEqual([1, 1, 1]);
  });

  test('does not match $ topics with a wildcard in front (MQTT-4.7.2-1)', () => {
    const plane = new Plane();
    join(plane, '$share/g/#', 'x');
    expect(plane.route(message({ topic: '$SYS/x' }))).toBe(0);
    expect(plane.route(message({ topic: 'x' }))).toBe(1);
  });

  test('keeps the retain flag where it is asked for (MQTT-3.3.1-13)', () => {
    const plane = new Plane();
    const [member] = join(plane, '$share/g/a/b', 'x', { retainAsPublished: true, identifier: 5 });
    plane.route(message({ retain: true }));
    expect(member?.deliveries).toMatchObject([{ retain: true, identifiers: [5] }]);
  });

  test('passes over a member that cannot take more, while another can', () => {
    const plane = new Plane();
    const members = join(plane, '$share/g/a/b', 'xyz');
    const [first, second, third] = members;
    first!.isCongested = true;
    for (let round = 0; round < 4; round += 1) plane.route(message());
    expect(counts(members)).toEqual([0, 2, 2]);
    second!.isCongested = third!.isCongested = true;
    for (let round = 0; round < 3; round += 1) expect(plane.route(message())).toBe(1);
    expect(counts(members)).toEqual([1, 3, 3]);
  });

  test('passes over a member that is gone, though it has not unsubscribed yet', () => {
    const plane = new Plane();
    const members = join(plane, '$share/g/a/b', 'xyz');
    members[0]!.hasLeft = true;
    for (let round = 0; round < 4; round += 1) expect(plane.route(message())).toBe(1);
    expect(counts(members)).toEqual([0, 2, 2]);
    for (const member of members) member.hasLeft = true;
    expect(plane.route(message())).toBe(0);
    expect(plane.reroute(message(), '$share/g/a/b', members[0]!)).toBe(false);
    expect(plane.choose('a/b').size).toBe(0);
  });

  test('goes on with the others when a member leaves, and ends with the last', () => {
    const plane = new Plane();
    const [x, y, z] = [recorder('x'), recorder('y'), recorder('z')];
    const all = [x, y, z].map((member) => subscription('$share/g/a/b', member));
    for (const one of all) plane.subscribe(one);
    plane.route(message());
    plane.unsubscribe(all[0]!);
    plane.route(message());
    plane.route(message());
    expect(counts([x, y, z])).toEqual([1, 1, 1]);
    expect(plane.subscriptions).toBe(2);
    plane.unsubscribe(all[1]!);
    plane.unsubscribe(all[2]!);
    plane.unsubscribe(all[2]!);
    expect(plane.route(message())).toBe(0);
    expect(plane.subscriptions).toBe(0);
  });

  test('that is made again takes the place of the first (MQTT-3.8.4-3)', () => {
    const plane = new Plane();
    const member = recorder('x');
    const before = subscription('$share/g/a/b', member, { qos: 0 });
    plane.subscribe(before);
    plane.subscribe(subscription('$share/g/a/b', member, { qos: 2 }));
    plane.unsubscribe(before);
    expect(plane.subscriptions).toBe(1);
    expect(plane.route(message())).toBe(1);
    expect(member.deliveries).toMatchObject([{ qos: 2 }]);
  });
});

describe('a client with several subscriptions', () => {
  test('gets one delivery for an ordinary and a shared one, at the highest QoS with both identifiers', () => {
    const plane = new Plane();
    const member = recorder('x');
    plane.subscribe(subscription('$share/g/a/b', member, { qos: 2, identifier: 1 }));
    plane.subscribe(subscription('a/#', member, { qos: 0, identifier: 2 }));
    const [other] = join(plane, '#', 'o', { qos: 0 });
    expect(plane.route(message())).toBe(2);
    expect(member.deliveries).toEqual([{ qos: 2, retain: false, identifiers: [1, 2], shared: undefined }]);
    expect(other?.deliveries).toEqual([{ qos: 0, retain: false, identifiers: [], shared: undefined }]);
  });

  test('gets one delivery when two groups choose it', () => {
    const plane = new Plane();
    const member = recorder('x');
    plane.subscribe(subscription('$share/g/a/b', member, { qos: 0 }));
    plane.subscribe(subscription('$share/h/a/b', member, { qos: 1 }));
    expect(plane.route(message())).toBe(1);
    expect(member.deliveries).toMatchObject([{ qos: 1, shared: ['$share/g/a/b', '$share/h/a/b'] }]);
  });

  test('gets its own message through the shared one only, where the ordinary one is no-local (MQTT-3.8.3-3)', () => {
    const plane = new Plane();
    const member = recorder('publisher');
    plane.subscribe(subscription('$share/g/a/b', member, { identifier: 1 }));
    plane.subscribe(subscription('a/b', member, { noLocal: true, identifier: 2 }));
    expect(plane.route(message())).toBe(1);
    expect(member.deliveries).toMatchObject([{ identifiers: [1], shared: ['$share/g/a/b'] }]);
  });
});

describe('a choice made before routing', () => {
  test('is what the message goes by, and the next in turn is another', () => {
    const plane = new Plane();
    const members = join(plane, '$share/g/a/b', 'xy');
    const first = plane.choose('a/b');
    const second = plane.choose('a/b');
    expect([first, second].map((choice) => choice.get('$share/g/a/b')?.subscriber.clientId)).toEqual(['x', 'y']);
    plane.route(message(), second);
    plane.route(message(), second);
    plane.route(message(), first);
    expect(counts(members)).toEqual([1, 2]);
  });

  test('of nobody reaches nobody, also when a member joins meanwhile', () => {
    const plane = new Plane();
    const choice = plane.choose('a/b');
    expect(choice.size).toBe(0);
    const members = join(plane, '$share/g/a/b', 'x');
    const [ordinary] = join(plane, 'a/b', 'o');
    expect(plane.route(message(), choice)).toBe(1);
    expect(counts([...members, ordinary!])).toEqual([0, 1]);
  });

  test('holds when the member leaves meanwhile: it is given the message to pass it on', () => {
    const plane = new Plane();
    const [x, y] = [recorder('x'), recorder('y')];
    const leaving = subscription('$share/g/a/b', x);
    plane.subscribe(leaving);
    const choice = plane.choose('a/b');
    plane.unsubscribe(leaving);
    plane.subscribe(subscription('$share/g/a/b', y));
    plane.route(message(), choice);
    expect(counts([x, y])).toEqual([1, 0]);
  });
});

describe('a message that a leaving member did not acknowledge', () => {
  test('goes to another member (MQTT 5, 4.8.2)', () => {
    const plane = new Plane();
    const members = join(plane, '$share/g/a/b', 'xyz', { identifier: 3 });
    plane.route(message());
    expect(plane.reroute(message(), '$share/g/a/b', members[0]!)).toBe(true);
    expect(counts(members)).toEqual([1, 1, 0]);
    expect(members[1]?.deliveries).toEqual([{ qos: 1, retain: false, identifiers: [3], shared: ['$share/g/a/b'] }]);
  });

  test('is handed on to the next member that is ready for any number of them', () => {
    const plane = new Plane();
    const handOn = (): string => plane.handOn(message(), '$share/g/a/b');
    expect(handOn()).toBe('nobody');
    const members = join(plane, '$share/g/a/b', 'xyz');
    const [x, y, z] = members;
    for (let round = 0; round < 3; round += 1) expect(handOn()).toBe('given');
    expect(counts(members)).toEqual([1, 1, 1]);
    x!.isCongested = y!.isCongested = true;
    for (let round = 0; round < 2; round += 1) expect(handOn()).toBe('given');
    expect(counts(members)).toEqual([1, 1, 3]);
    z!.hasLeft = true;
    expect(handOn()).toBe('congested');
    y!.canKeep = () => true;
    expect(handOn()).toBe('given');
    expect(counts(members)).toEqual([1, 2, 3]);
    for (const member of members) member.hasLeft = true;
    expect(handOn()).toBe('nobody');
  });

  test('stays where no other is connected', () => {
    const plane = new Plane();
    const [only] = join(plane, '$share/g/a/b', 'x');
    expect(plane.reroute(message(), '$share/g/a/b', only!)).toBe(false);
    expect(plane.reroute(message(), '$share/g/other', only!)).toBe(false);
    expect(only?.deliveries).toEqual([]);
  });
});
