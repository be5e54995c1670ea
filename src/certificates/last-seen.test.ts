import { expect, test } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { recordedTelemetry } from '../../test/support/recorded-telemetry.ts';
import type { Peer } from '../broker/ports.ts';
import type { Ledger, LedgerChange } from '../pki/folder/ledger.ts';
import type { LedgerFile } from '../pki/folder/ledger-file.ts';
import { lastSeen } from './last-seen.ts';

const minuteMs = 60_000;

const peerWith = (serialNumber: string | undefined): Peer =>
  ({ tls: { certificate: serialNumber === undefined ? undefined : { serialNumber } } }) as Peer;

/** A ledger that knows these certificates and remembers what it is told. */
function ledgerOf(serialNumbers: readonly string[]) {
  const changes: LedgerChange[] = [];
  let problem: Error | undefined;
  const entries = new Map(serialNumbers.map((one) => [one, {}])) as unknown as Ledger;
  const change: LedgerFile['change'] = async (task) => {
    if (problem !== undefined) throw problem;
    const outcome = await task(entries);
    changes.push(...outcome.changes);
    return outcome.result;
  };
  const ledger: LedgerFile = { path: 'ledger', read: () => Promise.resolve(entries), change, changeHeld: change };
  return { ledger, changes, fail: (next: Error | undefined) => (problem = next) };
}

function begin(serialNumbers: readonly string[]) {
  const clock = fakeClock(0);
  const telemetry = recordedTelemetry();
  const { ledger, changes, fail } = ledgerOf(serialNumbers);
  const seen = lastSeen(ledger, { clock, events: telemetry.events });
  return { clock, telemetry, changes, fail, seen };
}

test('many visits become one line, five minutes after the first', async () => {
  const { clock, changes, seen } = begin(['01', '02']);
  await seen.start(AbortSignal.abort());
  for (const serial of ['01', '02', '01', undefined, 'FOREIGN']) {
    clock.advance(minuteMs / 2);
    seen.note(peerWith(serial));
  }
  expect(clock.timers).toBe(1);
  clock.advance(5 * minuteMs);
  await seen.stop(AbortSignal.abort());
  expect(changes).toEqual([
    {
      type: 'seen',
      seen: [
        ['01', 1.5 * minuteMs],
        ['02', minuteMs],
      ],
    },
  ]);
  expect(clock.timers).toBe(0);
});

test('without traffic there is no timer, and a folder without a ledger is left alone', async () => {
  const { clock, changes, seen } = begin([]);
  await seen.start(AbortSignal.abort());
  expect(clock.timers).toBe(0);
  seen.note(peerWith('01'));
  await seen.stop(AbortSignal.abort());
  await seen.stop(AbortSignal.abort());
  expect(changes).toEqual([]);
});

test('what the ledger does not take is said, kept and written later', async () => {
  const { telemetry, changes, fail, seen, clock } = begin(['01']);
  await seen.start(AbortSignal.abort());
  seen.note(peerWith('01'));
  fail(new Error('the disk is full'));
  clock.advance(5 * minuteMs);
  await telemetry.seen('certificate_sightings_unwritten_total');
  expect(telemetry.lines('warn')).toEqual([
    'certificates: the ledger does not take when certificates were last seen: the disk is full',
  ]);
  fail(undefined);
  await seen.stop(AbortSignal.abort());
  expect(changes).toEqual([{ type: 'seen', seen: [['01', 0]] }]);
});
