import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AcknowledgementQueue } from './acknowledgement-queue.ts';

test('acknowledgements leave in the order of their messages, whichever is safe first (MQTT-4.6.0-2)', () => {
  const order = fc.array(fc.boolean(), { maxLength: 40 });
  fc.assert(
    fc.property(order, fc.infiniteStream(fc.nat()), (isLate, random) => {
      const sent: number[] = [];
      const queue = new AcknowledgementQueue({ write: (frame) => void sent.push(frame[0] ?? -1) });
      const open: (() => void)[] = [];
      for (const [number, late] of isLate.entries()) {
        const frame = Uint8Array.of(number);
        if (late) {
          const acknowledge = queue.reserve();
          open.push(() => acknowledge(frame));
        } else queue.push(frame);
      }
      while (open.length > 0) open.splice((random.next().value ?? 0) % open.length, 1)[0]?.();
      expect(sent).toEqual([...isLate.keys()]);
      expect(queue.length).toBe(0);
    }),
  );
});

test('what is safe leaves at once while nothing before it waits', () => {
  const sent: number[] = [];
  const queue = new AcknowledgementQueue({ write: (frame) => void sent.push(frame[0] ?? -1) });
  queue.push(Uint8Array.of(1));
  const acknowledge = queue.reserve();
  queue.push(Uint8Array.of(3));
  expect(sent).toEqual([1]);
  acknowledge(Uint8Array.of(2));
  expect(sent).toEqual([1, 2, 3]);
});
