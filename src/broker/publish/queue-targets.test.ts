import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SharedChoice, Subscription } from '../../plane/plane.ts';
import type { MatchedSubscription } from '../store-port.ts';
import { queueTargets } from './queue-targets.ts';

const subscription = (clientId: string, filter: string, noLocal = false): MatchedSubscription => ({
  clientId,
  filter,
  qos: 1,
  noLocal,
});
const chosen = (filter: string, clientId: string): [string, Subscription] => [
  filter,
  {
    filter,
    subscriber: { clientId, deliver: () => undefined },
    qos: 1,
    noLocal: false,
    retainAsPublished: false,
    identifier: undefined,
  },
];
const nobody: SharedChoice = new Map();
const noneEnds = (): boolean => false;

test('everyone with an ordinary subscription gets the message, the publisher under No Local does not (MQTT-3.8.3-3)', () => {
  const subscribers = [subscription('a', 't'), subscription('b', 't', true), subscription('c', '#', true)];
  expect(queueTargets(subscribers, nobody, 'b', 1, noneEnds).map(({ clientId }) => clientId)).toEqual(['a', 'c']);
});

test('of a shared group only the member that was chosen gets it (MQTT 5, 4.8.2)', () => {
  const subscribers = [subscription('a', '$share/g/t'), subscription('b', '$share/g/t'), subscription('b', 't')];
  const targets = queueTargets(subscribers, new Map([chosen('$share/g/t', 'a')]), 'p', 1, noneEnds);
  expect(targets.map(({ clientId, filter }) => `${clientId} ${filter}`).toSorted()).toEqual(['a $share/g/t', 'b t']);
});

test('a chosen member without a session leaves nothing to queue', () => {
  const subscribers = [subscription('a', '$share/g/t')];
  expect(queueTargets(subscribers, new Map([chosen('$share/g/t', 'clean')]), 'p', 1, noneEnds)).toEqual([]);
});

test('a member whose session is about to end gets nothing in its turn', () => {
  const subscribers = [subscription('a', '$share/g/t'), subscription('b', '$share/g/t'), subscription('a', 't')];
  const targets = queueTargets(subscribers, nobody, undefined, 0, (clientId) => clientId === 'a');
  expect(targets.map(({ clientId, filter }) => `${clientId} ${filter}`).toSorted()).toEqual(['a t', 'b $share/g/t']);
});

test('where nobody of a group is connected its members get the messages in turn, one each', () => {
  const members = fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(members, fc.integer({ min: 1, max: 60 }), (ids, count) => {
      const subscribers = ids.map((id) => subscription(id, '$share/g/t'));
      const got = new Map<string, number>();
      for (let turn = 0; turn < count; turn += 1) {
        const targets = queueTargets(subscribers, nobody, undefined, turn, noneEnds);
        expect(targets).toHaveLength(1);
        const clientId = targets[0]?.clientId ?? '';
        got.set(clientId, (got.get(clientId) ?? 0) + 1);
      }
      const counts = ids.map((id) => got.get(id) ?? 0);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }),
  );
});
