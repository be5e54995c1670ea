import { expect, test } from 'vitest';
import type { Reply } from './batch.ts';
import { SubscriptionSync } from './subscription-sync.ts';

/** A node whose answers from Redis come when the test says so. */
function node() {
  const writes: (() => void)[] = [];
  const reads: ((reply: Reply) => void)[] = [];
  const sync = new SubscriptionSync(
    {
      write: (_name, _args, done) =>
        new Promise((resolve) => {
          writes.push(() => resolve(done(writes.length)));
        }),
      submit: () => new Promise((resolve) => reads.push(resolve)),
    },
    { keyPrefix: '', runId: 'one' },
  );
  const filters = (): string[] => sync.index.of('alice').map(({ topic }) => topic);
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { sync, writes, reads, filters, settle };
}

const removal = (version: number, ...remove: string[]): string =>
  `${version} other ${JSON.stringify({ clientId: 'alice', remove })}`;
const inRedis = (...filters: string[]): Reply => [filters.flatMap((filter) => [Buffer.from(filter), Buffer.from('1')])];

test('a change of another node that becomes known after a later one of ours still counts for its filters', async () => {
  const { sync, writes, reads, filters, settle } = node();
  void sync.add('alice', [
    { topic: 'x', qos: 1 },
    { topic: 'y', qos: 1 },
    { topic: 'z', qos: 1 },
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
  void sync.add('alice', [{ topic: 'own', qos: 1 }]);
  sync.receive(removal(8, 'x'));
  expect(reads).toEqual([]);
  writes[0]?.();
  await settle();
  expect(reads).toHaveLength(1);
  reads[0]?.(inRedis('x', 'own'));
  await settle();
  expect(filters()).toEqual(['x', 'own']);
});
