import { expect, test } from 'vitest';
import { speechOf } from './first-byte.ts';

test('a TLS handshake record, an MQTT CONNECT and an HTTP method are told apart by one byte', () => {
  expect(speechOf(0x16)).toBe('tls');
  expect(speechOf(0x10)).toBe('mqtt');
  for (const method of ['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'get'])
    expect(speechOf(method.charCodeAt(0))).toBe('http');
});

test('every other byte is unknown, also that of an MQTT packet other than CONNECT (MQTT-3.1.0-1)', () => {
  const known = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => speechOf(byte) !== 'unknown');
  expect(known).toHaveLength(2 + 2 * 26);
  expect(speechOf(0x30)).toBe('unknown');
  expect(speechOf(0xe0)).toBe('unknown');
  expect(speechOf(undefined)).toBe('unknown');
});
