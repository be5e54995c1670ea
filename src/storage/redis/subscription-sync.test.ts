import { expect, test } from 'vitest';
import { excessOf } from '../../../test/growth/growth.ts';
import type { Reply } from './round-trip.ts';
import { SubscriptionSync } from './subscription-sync.ts';

const refuse = (): never => {
  throw new Error('full');
};

/** A node whose answers from Redis come when the test says so. */
function node() {
  const writes: (() => void)[] = [];
  const refusals: (() => void)[] = [];
  const reads: ((reply: Reply) => void)[] = [];
  const sync = new SubscriptionSync(
    {
      write: (_name, _args, done, failed) =>
        new Promise((resolve) => {
          writes.push(() => resolve(done(writes.length)));
          refusals.push(() => failed?.());
        }),
      submit: () => new Promise((resolve) => reads.push(resolve)),
    },
    { keyPrefix: '', runId: 'one', room: { maxBytes: 1, refuse, requireSubscriptions: () => undefined } },
  );
  const filters = (): string[] => sync.index.of('alice').map(({ filter }) => filter);
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { sync, writes, refusals, reads, filters, settle };
}

const removal = (version: number, ...remove: string[]): string =>
  `${version} other ${JSON.stringify({ clientId: 'alice', remove })}`;
const inRedis = (...filters: string[]): Reply => [filters.flatMap((filter) => [Buffer.from(filter), Buffer.from('1')])];

test('a change of another node that becomes known after a later one of ours still counts for its filters', async () => {
  const { sync, writes, reads, filters, settle } = node();
  void sync.add('alice', [
    { filter: 'x', qos: 1 },
    { filter: 'y', qos: 1 },
    { filter: 'z', qos: 1 },
  ]);
  void sync.remove('alice', ['y']);
  for (const answer of writes) answer();
  sync.receive(removal(1, 'x'));
  expect(reads).toHaveLength(1);
  reads[0]?.(inRedis('z'));
  await settle();
  expect(filters()).toEqual(['z']);
});

test('what changes while a session is read again is read once more', async () => {
  const { sync, reads, filters, settle } = node();
  sync.receive(`9 other ${JSON.stringify({ clientId: 'alice', add: [{ topic: 'x', qos: 1 }] })}`);
  sync.receive(removal(8, 'y'));
  sync.receive(`10 other ${JSON.stringify({ clientId: 'alice', add: [{ topic: 'late', qos: 1 }] })}`);
  reads[0]?.(inRedis('x'));
  await settle();
  expect(filters()).toEqual(['x', 'late']);
  reads[1]?.(inRedis('x', 'late'));
  await settle();
  expect(filters()).toEqual(['x', 'late']);
  expect(reads).toHaveLength(2);
});

test('while our own changes are under way the session is read when they are through', async () => {
  const { sync, writes, reads, filters, settle } = node();
  sync.receive(`9 other ${JSON.stringify({ clientId: 'alice', add: [{ topic: 'x', qos: 1 }] })}`);
  void sync.add('alice', [{ filter: 'own', qos: 1 }]);
  sync.receive(removal(8, 'x'));
  expect(reads).toEqual([]);
  writes[0]?.();
  await settle();
  expect(reads).toHaveLength(1);
  reads[0]?.(inRedis('x', 'own'));
  await settle();
  expect(filters()).toEqual(['x', 'own']);
});

test('changes that Redis refuses, all of them, leave what was there before', () => {
  const { sync, writes, refusals, filters } = node();
  const before = [
    { filter: 'kept', qos: 1 as const },
    { filter: 'changed', qos: 1 as const },
  ];
  void sync.add('alice', before);
  writes[0]?.();
  void sync.add('alice', [
    { filter: 'changed', qos: 2 },
    { filter: 'new', qos: 2 },
  ]);
  void sync.remove('alice', ['new', 'kept']);
  void sync.clean('alice', () => undefined);
  expect(filters()).toEqual([]);
  for (const refuse of refusals.slice(1)) refuse();
  expect(sync.index.of('alice')).toEqual(expect.arrayContaining(before));
  expect(filters()).toHaveLength(2);
});

test('a subscription costs the same however many the client has', async () => {
  const clientWith = (count: number) => {
    const { sync, writes } = node();
    let added = 0;
    const add = (more: number): void => {
      for (let index = 0; index < more; index += 1) {
        void sync.add('alice', [{ filter: `t/${added}`, qos: 1 }]);
        added += 1;
        writes.at(-1)?.();
      }
    };
    add(count);
    return { add };
  };
  const sizes = [clientWith(1_000), clientWith(10_000)] as const;
  expect(await excessOf({ cost: 'O(1)', run: ({ add }) => add(300) }, sizes)).toBeUndefined();
});
