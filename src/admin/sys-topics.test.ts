import { expect, test } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import type { InterestWatcher } from '../plane/interest.ts';
import { createSysTopics } from './sys-topics.ts';

const signal = new AbortController().signal;

async function started(everyMs: number) {
  const clock = fakeClock();
  const told: string[] = [];
  let watcher: InterestWatcher | undefined;
  let count = 0;
  const topics = createSysTopics(everyMs, {
    broker: {
      watch(filter, one) {
        expect(filter).toBe('$SYS/broker/#');
        watcher = one;
        return () => (watcher = undefined);
      },
      publish({ topic, payload, qos, retain }) {
        expect([qos, retain]).toEqual([0, false]);
        told.push(`${topic} ${Buffer.from(payload).toString()}`);
        return Promise.resolve();
      },
    },
    read: () => ({ count: ++count }),
    clock,
  });
  await topics.start(signal);
  return {
    topics,
    clock,
    told,
    appeared: (filter: string) => watcher?.appeared(filter),
    disappeared: (filter: string) => watcher?.disappeared(filter),
    isWatching: () => watcher !== undefined,
  };
}

test('nothing is read while nobody subscribes; then it is told at once, and again and again', async () => {
  const { clock, told, appeared, disappeared } = await started(10_000);
  clock.advance(60_000);
  expect(told).toEqual([]);
  appeared('$SYS/#');
  clock.advance(0);
  expect(told).toEqual(['$SYS/broker/count 1']);
  clock.advance(20_000);
  expect(told).toHaveLength(3);
  disappeared('$SYS/#');
  clock.advance(60_000);
  expect(told).toHaveLength(3);
});

test('however often somebody subscribes, it is told once a second', async () => {
  const { clock, told, appeared, disappeared } = await started(10_000);
  for (let times = 0; times < 90; times++) {
    appeared('$SYS/broker/count');
    clock.advance(10);
    disappeared('$SYS/broker/count');
  }
  expect(told).toHaveLength(1);
  appeared('$SYS/broker/count');
  clock.advance(1_000);
  expect(told).toHaveLength(2);
});

test('0s turns it off and another interval on, while somebody subscribes', async () => {
  const { topics, clock, told, appeared } = await started(0);
  appeared('$SYS/broker/count');
  clock.advance(60_000);
  expect(told).toEqual([]);
  topics.configure(2_000);
  clock.advance(4_000);
  expect(told).toHaveLength(3);
  topics.configure(0);
  clock.advance(60_000);
  expect(told).toHaveLength(3);
});

test('after it was stopped nothing is told', async () => {
  const { topics, clock, told, appeared, isWatching } = await started(1_000);
  appeared('$SYS/broker/count');
  await topics.stop(signal);
  clock.advance(60_000);
  expect(told).toEqual([]);
  expect(isWatching()).toBe(false);
});
