import { describe, expect, test } from 'vitest';
import { refuseUpgrade, switchingProtocols } from './upgrade.ts';

/** RFC 6455 1.3. */
const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const request = { method: 'GET', url: '/mqtt', upgrade: 'websocket', key, version: '13', protocols: 'mqtt' };

describe('an upgrade request', () => {
  test.each([
    request,
    { ...request, url: '/mqtt?token=x' },
    { ...request, upgrade: 'WebSocket' },
    { ...request, protocols: 'mqttv3.1' },
    { ...request, protocols: 'foo,mqtt , mqttv3.1' },
  ])('%o goes on', (good) => {
    expect(refuseUpgrade(good, '/mqtt')).toBeUndefined();
  });

  test('for another path is answered 404 and told the right one', () => {
    expect(refuseUpgrade({ ...request, url: '/ws\u001b' }, '/mqtt')).toMatchObject({
      status: 404,
      reason: 'websocket-path',
      detail: 'no WebSocket at "/ws\\u{1b}"; MQTT over WebSocket is at "/mqtt"',
    });
    expect(refuseUpgrade({ ...request, url: '/mqtt/' }, '/mqtt')?.status).toBe(404);
  });

  test('without a subprotocol of MQTT is answered 400 (MQTT-6.0.0-3)', () => {
    for (const protocols of [undefined, '', 'wamp', 'MQTT', 'mqttv5'])
      expect(refuseUpgrade({ ...request, protocols }, '/mqtt')).toMatchObject({
        status: 400,
        reason: 'websocket-subprotocol',
      });
  });

  test('with another method, version or a bad key is answered with what is wrong (RFC 6455 4.2.1)', () => {
    const reason = 'websocket-handshake';
    expect(refuseUpgrade({ ...request, method: 'POST' }, '/mqtt')).toMatchObject({ status: 405, reason });
    for (const version of [undefined, '', '8', '14', '013'])
      expect(refuseUpgrade({ ...request, version }, '/mqtt')).toMatchObject({
        status: 426,
        reason,
        headers: { 'Sec-WebSocket-Version': '13' },
      });
    for (const bad of [undefined, '', 'short', `${key}=`, key.slice(1), `${key.slice(0, 21)}-==`])
      expect(refuseUpgrade({ ...request, key: bad }, '/mqtt')).toMatchObject({ status: 400, reason });
  });

  test('to something else than WebSocket is answered 400', () => {
    expect(refuseUpgrade({ ...request, upgrade: 'h2c' }, '/mqtt')).toMatchObject({
      status: 400,
      reason: 'websocket-handshake',
    });
  });
});

test('the subprotocol answered is one the client offered, mqtt before mqttv3.1 (MQTT-6.0.0-4)', () => {
  expect(switchingProtocols(key, 'mqttv3.1, mqtt')).toContain('Sec-WebSocket-Protocol: mqtt\r\n');
  expect(switchingProtocols(key, 'mqttv3.1')).toContain('Sec-WebSocket-Protocol: mqttv3.1\r\n');
  expect(refuseUpgrade({ ...request, protocols: 'other' }, '/mqtt')).toMatchObject({ reason: 'websocket-subprotocol' });
});

test('the answer proves that the request was understood (RFC 6455 1.3)', () => {
  expect(switchingProtocols(key, 'other, mqtt').split('\r\n')).toEqual([
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
    'Sec-WebSocket-Protocol: mqtt',
    '',
    '',
  ]);
});
