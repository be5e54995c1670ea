import { expect, test } from 'vitest';
import { misfit } from './connection-refusal.ts';

test('what does not fit a listener is named', () => {
  expect(misfit(0x16)).toMatchObject({ reason: 'tls-on-plain-port' });
  expect(misfit(0x47)).toMatchObject({ reason: 'http-on-mqtt-port' });
  expect(misfit(0x10)).toMatchObject({ reason: 'mqtt-on-http-port' });
  expect(misfit(0x05)).toMatchObject({ reason: 'unknown-protocol', detail: expect.stringContaining('0x05') });
});
