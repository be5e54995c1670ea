import { expect, test } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { memoryStore } from '../../test/support/memory-broker.ts';
import { counts, join, message } from '../../test/support/plane-clients.ts';
import { recordedTelemetry } from '../../test/support/recorded-telemetry.ts';
import { Slices } from '../kernel/slices.ts';
import { TimerWheel } from '../kernel/timer-wheel.ts';
import { Plane } from '../plane/plane.ts';
import { sharedLeftBehind } from './events.ts';
import { QueueKeys } from './publish/queue-keys.ts';
import { toStoredMessage } from './publish/stored-message.ts';
import { SharedLeftovers } from './shared-leftovers.ts';

const filter = '$share/g/a/b';

/** Three messages of a session in a shared group, whose only other member does not read. */
async function congested() {
  const plane = new Plane();
  const [member] = join(plane, filter, 'x');
  member!.isCongested = true;
  const store = memoryStore();
  const keys = new QueueKeys('run');
  for (let number = 0; number < 3; number += 1)
    await store.keep(toStoredMessage(message({ topic: 'a/b' }), keys.next(), 0), [{ clientId: 'gone', filter }]);
  const clock = fakeClock();
  const telemetry = recordedTelemetry();
  const wheel = new TimerWheel(clock, { tickMs: 500 });
  const now = (): number => clock.now();
  const leftovers = new SharedLeftovers({ plane, store, keys, wheel, now, slices: new Slices(), telemetry });
  let isOver = false;
  const over = leftovers
    .handOn('gone', () => false)
    .finally(() => {
      isOver = true;
    });
  /** Half a second passes, and what comes of it is done. */
  const wait = async (): Promise<void> => {
    await expect.poll(() => clock.timers > 0 || isOver, { interval: 1 }).toBe(true);
    clock.advance(500);
  };
  return { member: member!, telemetry, over, wait };
}

test('waits for a member that does not read, and goes on when it does', async () => {
  const { member, telemetry, over, wait } = await congested();
  await wait();
  expect(counts([member])).toEqual([0]);
  member.isCongested = false;
  await wait();
  await over;
  expect(counts([member])).toEqual([3]);
  expect(telemetry.count(sharedLeftBehind.counter)).toBe(0);
});

test('waits for some seconds in all, as a CONNECT may wait for it, and tells what is lost', async () => {
  const { member, telemetry, over, wait } = await congested();
  for (let round = 0; round < 10; round += 1) await wait();
  await over;
  expect(counts([member])).toEqual([0]);
  expect(telemetry.count(sharedLeftBehind.counter)).toBe(1);
});
