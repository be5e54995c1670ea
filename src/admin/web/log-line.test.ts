import { describe, expect, test } from 'vitest';
import { LineBuffer } from './line-buffer.ts';
import { messageLine, timeOfDay } from './log-line.ts';
import { previewPayload } from './payload.ts';

const message = (payload: Uint8Array | string, more = {}) => ({
  topic: 'signal/a',
  qos: 1,
  retain: false,
  payload: previewPayload(typeof payload === 'string' ? new TextEncoder().encode(payload) : payload),
  userProperties: [],
  ...more,
});

describe('a line of the log', () => {
  test('names topic, QoS, size and retain', () => {
    expect(messageLine('SENT', message('hi'), 0).text).toBe('signal/a (QoS 1, 2 bytes)');
    expect(messageLine('RECEIVED', message('x', { retain: true }), 0).text).toBe('signal/a (QoS 1, retained, 1 byte)');
    expect(messageLine('RECEIVED', message(''), 0).text).toBe('signal/a (QoS 1, empty)');
    expect(messageLine('RECEIVED', message(new Uint8Array([0xff])), 0).text).toBe('signal/a (QoS 1, 1 byte, hex)');
  });

  test('shows user properties, at most eight', () => {
    const two = {
      userProperties: [
        ['unit', 'C'],
        ['unit', 'K'],
      ],
    };
    expect(messageLine('RECEIVED', message('', two), 0).text).toContain('{unit=C, unit=K}');
    const many = { userProperties: Array.from({ length: 10 }, (_, i) => [`k${i}`, 'v']) };
    expect(messageLine('RECEIVED', message('', many), 0).text).toMatch(/k7=v, and 2 more\}$/);
  });

  test('spells out characters that would hide or reorder it', () => {
    expect(messageLine('RECEIVED', message('', { topic: 'a\u202Eb\u0007' }), 0).text).toContain('a\\u{202e}b\\u{0007}');
  });

  test('carries the local time with milliseconds', () => {
    expect(timeOfDay(new Date(2026, 0, 2, 3, 4, 5, 6).getTime())).toBe('03:04:05.006');
  });
});

test('a flood keeps the newest lines and counts the rest', () => {
  const buffer = new LineBuffer(3);
  for (let at = 0; at < 100; at++) buffer.push({ at, word: 'RECEIVED', text: '' });
  const { lines, dropped } = buffer.take();
  expect(lines.map(({ at }) => at)).toEqual([97, 98, 99]);
  expect(dropped).toBe(97);
  expect(buffer.take()).toEqual({ lines: [], dropped: 0 });
});
