import { expect, test } from 'vitest';
import { packetIdOf, parsePublish } from '../../mqtt/publish.ts';
import { isRefusal } from '../../mqtt/refusal.ts';
import { RawPublish } from './raw-publish.ts';

const raw = (hex: string): RawPublish => {
  const frame = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const header = parsePublish(frame, 4);
  if (isRefusal(header)) throw new Error(header.message);
  return new RawPublish(frame, header, 4, { kind: 'client', clientId: 'publisher' });
};

test('at QoS 0 everybody gets the frame itself', () => {
  const message = raw('30 04 00 01 74 78');
  expect(message.frameFor(1)).toBe(message.frame);
  expect(message.frameFor(2)).toBe(message.frame);
});

test('above, the first gets the frame itself and all others a copy, each with its packet identifier and without DUP (MQTT-3.3.1-3)', () => {
  const message = raw('3a 06 00 01 74 00 07 78');
  const frames = [1, 515, 3].map((packetId) => message.frameFor(packetId));
  expect(frames[0]).toBe(message.frame);
  expect(new Set(frames).size).toBe(3);
  expect(frames.map((frame) => packetIdOf(frame))).toEqual([1, 515, 3]);
  for (const frame of frames) {
    expect(frame[0]).toBe(0x32);
    expect(frame.subarray(-1).toString()).toBe('x');
  }
});

test('one that has to wait has bytes of its own', () => {
  const message = raw('32 06 00 01 74 00 07 78');
  const waiting = message.detached();
  message.frame.fill(0);
  expect(waiting.frameFor(9).toString('hex')).toBe('3206000174000978');
});
