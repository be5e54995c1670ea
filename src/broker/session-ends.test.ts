import { expect, test } from 'vitest';
import { memoryStore } from '../../test/support/memory-broker.ts';
import { recordedTelemetry } from '../../test/support/recorded-telemetry.ts';
import { systemClock } from '../kernel/clock.ts';
import { StoreError } from '../kernel/errors.ts';
import { Slices } from '../kernel/slices.ts';
import { TimerWheel } from '../kernel/timer-wheel.ts';
import { Plane } from '../plane/plane.ts';
import { sessionStoreFailed } from './events.ts';
import { QueueKeys } from './publish/queue-keys.ts';
import { SessionEnds } from './session-ends.ts';
import { SharedLeftovers } from './shared-leftovers.ts';
import type { Store } from './store-port.ts';

const gone = 'gone';

/** Ends of sessions in a store that has one of them, in a shared group. */
async function sessionEnds(changes: Partial<Store> = {}) {
  const kept = memoryStore();
  await kept.putSession({ clientId: 'gone', principal: 'p', expirySeconds: 5 });
  await kept.subscribe(gone, [{ filter: '$share/g/a', qos: 1 }]);
  const store = { ...kept, ...changes };
  const telemetry = recordedTelemetry();
  const slices = new Slices();
  const leftovers = new SharedLeftovers({
    plane: new Plane(),
    store,
    keys: new QueueKeys('run'),
    wheel: new TimerWheel(systemClock, { tickMs: 500 }),
    now: () => 0,
    slices,
    telemetry,
  });
  return { ends: new SessionEnds({ store, leftovers, slices, now: () => 7 }), store, telemetry };
}

const unreadable = (error: Error): Partial<Store> => ({
  queue: () => {
    throw error;
  },
});

test('a session in a shared group ends after its messages are handed on, and once', async () => {
  const { ends, store } = await sessionEnds();
  const end = ends.end(gone);
  expect(ends.end(gone)).toBe(end);
  expect(ends.isEnding('gone')).toBe(true);
  expect(await store.session(gone)).toBeDefined();
  await ends.settled('gone');
  expect(ends.isEnding('gone')).toBe(false);
  expect(await store.session(gone)).toBeUndefined();
});

test('a session without shared subscriptions ends at once', async () => {
  const { ends, store } = await sessionEnds();
  await store.unsubscribe(gone, ['$share/g/a']);
  const end = ends.end(gone);
  expect(ends.isEnding('gone')).toBe(false);
  expect(await store.session(gone)).toBeUndefined();
  await end;
});

test('a session stays as it is where the store does not answer, and whoever ends it is told', async () => {
  const { ends, store } = await sessionEnds(unreadable(new StoreError('store-unavailable', 'away')));
  const end = ends.end(gone);
  await ends.settled('gone'); // whoever waits is not concerned
  await expect(end).rejects.toMatchObject({ code: 'store-unavailable' });
  expect(ends.isEnding('gone')).toBe(false);
  expect(await store.session(gone)).toBeDefined();
});

test('a session whose queue is damaged ends all the same, and that is told', async () => {
  const { ends, store, telemetry } = await sessionEnds(unreadable(new StoreError('store-damaged', 'bad')));
  await ends.end(gone);
  expect(telemetry.count(sessionStoreFailed.counter)).toBe(1);
  expect(await store.session(gone)).toBeUndefined();
});

const many = Array.from({ length: 3_000 }, (_, number) => ({ filter: `t/${number}`, qos: 1 as const }));

test('a session with many subscriptions ends in slices: nobody waits for all of it, and it is over from its first moment', async () => {
  const { ends, store } = await sessionEnds();
  await store.unsubscribe(gone, ['$share/g/a']);
  await store.subscribe(gone, many);
  const counts = new Set<number>();
  /** What its record says while some are left. */
  const expiries = new Set<number | undefined>();
  let isOver = false;
  const end = ends.end(gone).finally(() => (isOver = true));
  expect(ends.isEnding(gone)).toBe(true);
  while (!isOver) {
    const { length } = store.filtersOf(gone);
    counts.add(length);
    if (length > 0 && length < many.length) expiries.add((await store.session(gone))?.expirySeconds);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await end;
  expect([...expiries]).toEqual([0]);
  expect(counts.size).toBeGreaterThan(1);
  expect(await store.session(gone)).toBeUndefined();
  expect([store.filtersOf(gone).length, store.stats().subscriptions, store.subscribersOf('t/1')]).toEqual([0, 0, []]);
});

test('what is queued for a session while its many subscriptions are taken away goes with it', async () => {
  const { ends, store } = await sessionEnds();
  await store.subscribe(gone, many);
  const end = ends.end(gone);
  await store.keep({ topic: 't/2999', payload: 'x', qos: 1, retain: false }, store.subscribersOf('t/2999'));
  await end;
  expect(store.stats()).toMatchObject({ sessions: 0, subscriptions: 0, queuedMessages: 0 });
});
