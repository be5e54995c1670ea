import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeliveryWindow } from './delivery-window.ts';

test('no more than the Receive Maximum is under way, order is kept, and no identifier is used twice at a time (MQTT-4.9.0-1)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(fc.boolean(), { maxLength: 300 }), (size, steps) => {
      const sent: { item: number; packetId: number }[] = [];
      const open: number[] = [];
      const send = ({ item }: { item: number }, packetId: number): void => {
        expect(open).not.toContain(packetId);
        open.push(packetId);
        sent.push({ item, packetId });
      };
      const window = new DeliveryWindow<{ item: number; bytes: number }>({ size, maxWaitingBytes: 1_000, send });
      let pushed = 0;
      for (const isPush of steps) {
        const released = isPush ? undefined : open.shift();
        if (isPush) window.push({ item: pushed++, bytes: 1 });
        expect(released === undefined || window.release(released)).toBe(true);
        expect(open.length).toBeLessThanOrEqual(size);
        expect(window.inUse).toBe(open.length);
      }
      while (open.length > 0) window.release(open.shift() ?? 0);
      expect(sent.map(({ item }) => item)).toEqual([...Array(pushed).keys()]);
    }),
  );
});

test('identifiers go round from 65,535 to 1 and skip those in use (MQTT-2.2.1-3)', () => {
  const used: number[] = [];
  const send = (_item: unknown, packetId: number): void => void used.push(packetId);
  const window = new DeliveryWindow({ size: 65_535, maxWaitingBytes: 0, send });
  const item = { bytes: 1 };
  window.push(item);
  for (let count = 0; count < 65_535; count += 1) {
    window.push(item);
    window.release(used.at(-1) ?? 0);
  }
  expect(used[0]).toBe(1);
  expect(used.slice(1)).not.toContain(1);
  expect(Math.max(...used.slice(60_000))).toBe(65_535);
  expect(used.at(-1)).toBe(2);
});

test('an identifier of nobody is told apart, and what waits is bounded in bytes', () => {
  const sent: number[] = [];
  const window = new DeliveryWindow<{ bytes: number }>({
    size: 1,
    maxWaitingBytes: 10,
    send: ({ bytes }) => void sent.push(bytes),
  });
  expect(window.release(7)).toBe(false);
  expect([1, 4, 6, 1].map((bytes) => window.push({ bytes }))).toEqual([true, true, true, false]);
  expect(window.release(1)).toBe(true);
  expect(window.push({ bytes: 4 })).toBe(true);
  expect(sent).toEqual([1, 4]);
});
