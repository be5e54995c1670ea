import { expect, test } from 'vitest';
import { recordedTelemetry } from '../../../test/support/recorded-telemetry.ts';
import type { StoredMessage } from '../store-port.ts';
import { HeldMessages, type KeptBy } from './held-messages.ts';

const packet = (text: string): StoredMessage => ({
  cmd: 'publish',
  topic: 'a',
  payload: Buffer.from(text),
  qos: 1,
  retain: false,
  dup: false,
  runId: 'b',
  counter: 1,
});

/** No more than two packets may wait. */
function holding() {
  const telemetry = recordedTelemetry();
  const total = { bytes: 0 };
  const queued: { readonly text: string; readonly sender: KeptBy | undefined }[] = [];
  const held = new HeldMessages({
    clientId: 'c',
    maxBytes: 1_100,
    total,
    events: telemetry.events,
    enqueue: (_, { payload }, sender) => void queued.push({ text: Buffer.from(payload).toString(), sender }),
  });
  return { held, total, queued, telemetry, texts: () => queued.map(({ text }) => text) };
}

test('what nobody keeps is dropped beyond the limit; what its sender keeps is not, and does not count', async () => {
  const { held, total, telemetry, texts } = holding();
  for (const text of ['1', '2', '3']) held.hold([], packet(text));
  const before = total.bytes;
  const kept = ['4', '5', '6'].map((text) => held.holdKept([], packet(text)));
  expect(total.bytes).toBe(before);
  expect(telemetry.count('mqtt_held_dropped_total')).toBe(1);
  held.release(() => true);
  expect(texts()).toEqual(['1', '2', '4', '5', '6']);
  expect(total.bytes).toBe(0);
  expect(held.isEmpty).toBe(true);
  expect(kept).toHaveLength(3);
});

test('its sender hears when the queue has it, or that it cannot', async () => {
  const { held, queued } = holding();
  const kept = held.holdKept([], packet('kept'));
  const refused = held.holdKept([], packet('refused'));
  held.release(() => true);
  queued[0]?.sender?.kept();
  queued[1]?.sender?.refused(new Error('full'));
  await kept;
  await expect(refused).rejects.toThrow('full');
});
