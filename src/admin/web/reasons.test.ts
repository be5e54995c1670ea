import { describe, expect, test } from 'vitest';
import { reasonInWords, socketEndInWords, topicMistake, uriProblem } from './reasons.ts';

test('reason codes of both MQTT versions are words', () => {
  expect(reasonInWords(5)).toBe('this client is not authorized (0x05)');
  expect(reasonInWords(0x87)).toBe('this client is not authorized (0x87)');
  expect(reasonInWords(0xff)).toBe('unknown reason (0xff)');
});

describe('the end of a WebSocket', () => {
  test('names what to check when it never opened, because browsers hide why', () => {
    const words = socketEndInWords('wss://x/mqtt', { wasOpen: false, code: 1006, reason: '' });
    expect(words).toContain('wss://x/mqtt cannot be reached');
    expect(words).toContain('trusts the certificate');
    expect(words).toContain('listeners[].origins');
  });

  test('is told by its close code (RFC 6455 7.4.1)', () => {
    const end = (code: number, reason = '') => socketEndInWords('wss://x', { wasOpen: true, code, reason });
    expect(end(1003)).toBe('the broker takes binary frames only');
    expect(end(1008, 'no subprotocol')).toBe('refused by the broker: no subprotocol');
    expect(end(4000)).toBe('WebSocket close code 4000');
  });
});

test('a URI that a browser cannot open is explained', () => {
  expect(uriProblem('wss://localhost/mqtt', 'https:')).toBeUndefined();
  expect(uriProblem('ws://localhost/mqtt', 'http:')).toBeUndefined();
  expect(uriProblem('ws://localhost/mqtt', 'https:')).toContain('wss:// only');
  expect(uriProblem('mqtts://localhost', 'https:')).toContain('start the URI with wss://');
  expect(uriProblem('localhost', 'https:')).toContain('is not a URI');
});

test('a topic name has no wildcard [MQTT-3.3.2-2]', () => {
  expect(topicMistake('a/b c')).toBeUndefined();
  expect(topicMistake('a/#')).toContain('wildcard');
  expect(topicMistake('')).toContain('Write a topic');
});
