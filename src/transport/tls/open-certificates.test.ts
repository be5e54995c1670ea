import { EventEmitter } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { fakeClock } from '../../../test/support/fake-clock.ts';
import type { PeerCertificate } from '../../broker/ports.ts';
import { openCertificates } from './open-certificates.ts';

const minute = 60_000;
const hour = 60 * minute;

function setUp() {
  const clock = fakeClock(1_000_000 * minute);
  const told: string[] = [];
  const open = openCertificates(clock, (detail) => told.push(detail));
  const connect = (name: string, leftMs: number, endsWithIt = true) => {
    const events = new EventEmitter();
    const socket = Object.assign(events, {
      destroyed: false,
      reason: undefined as string | undefined,
      destroy(error: Error) {
        this.destroyed = true;
        this.reason = error.message;
        events.emit('close');
      },
    });
    const certificate = { subject: `CN=${name}`, validTo: clock.now() + leftMs } as PeerCertificate;
    // as much of a socket as is looked at
    open.add(socket as unknown as TLSSocket, certificate, endsWithIt);
    return socket;
  };
  return { clock, told, open, connect };
}

test('connections close when their certificates end, each in its time, and say so once', () => {
  const { clock, told, connect } = setUp();
  const [late, early] = [connect('late', 3 * hour), connect('early', 10 * minute)];
  clock.advance(10 * minute - 1);
  expect(early.destroyed).toBe(false);
  clock.advance(1);
  expect([early.destroyed, late.destroyed]).toEqual([true, false]);
  expect(early.reason).toMatch(/^closed by the broker: client certificate "CN=early" ended on /);
  clock.advance(3 * hour);
  expect(late.destroyed).toBe(true);
  expect(told).toHaveLength(2);
  expect(clock.timers).toBe(0);
});

test('those that are not to end with it go on, and wait for nothing', () => {
  const { clock, told, connect } = setUp();
  const socket = connect('any', minute, false);
  expect(clock.timers).toBe(0);
  clock.advance(hour);
  expect([socket.destroyed, told]).toEqual([false, []]);
});

test('a clock that is set ahead is noticed within the hour, and one that is set back closes nothing too early', () => {
  const { clock, connect } = setUp();
  const [ahead, back] = [connect('ahead', 100 * hour), connect('back', 200 * hour)];
  clock.jump(150 * hour);
  clock.advance(hour);
  expect([ahead.destroyed, back.destroyed]).toEqual([true, false]);
  clock.jump(-100 * hour);
  clock.advance(100 * hour);
  expect(back.destroyed).toBe(false);
  clock.advance(50 * hour);
  expect(back.destroyed).toBe(true);
});

test('after the stop nothing is closed, and no timer is left', () => {
  const { clock, open, connect } = setUp();
  const socket = connect('any', minute);
  open.stop();
  clock.advance(hour);
  expect([socket.destroyed, clock.timers]).toEqual([false, 0]);
});
