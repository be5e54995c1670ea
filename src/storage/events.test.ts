import { expect, test } from 'vitest';
import { recordedTelemetry } from '../../test/support/recorded-telemetry.ts';
import { reportDrops } from './events.ts';

test('a full queue is told of with the first message it drops and once a minute, for each client, and every drop is counted', () => {
  const telemetry = recordedTelemetry();
  let now = 1_000;
  const report = reportDrops(telemetry.events, () => now);
  for (let drops = 0; drops < 500; drops++)
    for (const clientId of ['a', 'b']) report({ reason: 'queue-full', clientId, topic: 't' });
  report({ reason: 'expired', clientId: 'c', topic: 't' });
  expect(telemetry.count('store_dropped_total')).toBe(1_001);
  expect(telemetry.lines('warn')).toEqual([
    expect.stringContaining('client "a" is full'),
    expect.stringContaining('client "b" is full'),
  ]);
  now += 60_000;
  report({ reason: 'queue-full', clientId: 'a', topic: 't' });
  expect(telemetry.lines('warn')).toHaveLength(3);
});
