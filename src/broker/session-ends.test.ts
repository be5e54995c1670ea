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
import type { SessionStore } from './session-store.ts';
import { SharedLeftovers } from './shared-leftovers.ts';

const gone = { id: 'gone' };

/** Ends of sessions in a store that has one of them, in a shared group. */
async function sessionEnds(changes: Partial<SessionStore> = {}) {
  const kept = memoryStore();
  await kept.putSession({ clientId: 'gone', principal: 'p', expirySeconds: 5 });
  await kept.addSubscriptions(gone, [{ topic: '$share/g/a', qos: 1 }]);
  const store = { ...kept, ...changes };
  const telemetry = recordedTelemetry();
  const leftovers = new SharedLeftovers({
    plane: new Plane(),
    store,
    keys: new QueueKeys('run'),
    wheel: new TimerWheel(systemClock, { tickMs: 500 }),
    now: () => 0,
    slices: new Slices(),
    telemetry,
  });
  return { ends: new SessionEnds(store, leftovers), store, telemetry };
}

const unreadable = (error: Error): Partial<SessionStore> => ({
  outgoingStream: () => {
    throw error;
  },
});

test('a session in a shared group ends after its messages are handed on, and once', async () => {
  const { ends, store } = await sessionEnds();
  const end = ends.end(gone);
  expect(ends.end(gone)).toBe(end);
  expect(ends.isEnding('gone')).toBe(true);
  expect(await store.getSession(gone)).toBeDefined();
  await ends.settled('gone');
  expect(ends.isEnding('gone')).toBe(false);
  expect(await store.getSession(gone)).toBeUndefined();
});

test('a session without shared subscriptions ends at once', async () => {
  const { ends, store } = await sessionEnds();
  await store.removeSubscriptions(gone, ['$share/g/a']);
  const end = ends.end(gone);
  expect(ends.isEnding('gone')).toBe(false);
  expect(await store.getSession(gone)).toBeUndefined();
  await end;
});

test('a session stays as it is where the store does not answer, and whoever ends it is told', async () => {
  const { ends, store } = await sessionEnds(unreadable(new StoreError('store-unavailable', 'away')));
  const end = ends.end(gone);
  await ends.settled('gone'); // whoever waits is not concerned
  await expect(end).rejects.toMatchObject({ code: 'store-unavailable' });
  expect(ends.isEnding('gone')).toBe(false);
  expect(await store.getSession(gone)).toBeDefined();
});

test('a session whose queue is damaged ends all the same, and that is told', async () => {
  const { ends, store, telemetry } = await sessionEnds(unreadable(new StoreError('store-damaged', 'bad')));
  await ends.end(gone);
  expect(telemetry.count(sessionStoreFailed.counter)).toBe(1);
  expect(await store.getSession(gone)).toBeUndefined();
});
