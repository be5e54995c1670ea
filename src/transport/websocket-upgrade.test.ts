import { describe, expect, test } from 'vitest';
import { chooseSubprotocol, refuseUpgrade } from './websocket-upgrade.ts';

const request = { url: '/mqtt', upgrade: 'websocket', protocols: 'mqtt' };

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

  test('to something else than WebSocket is answered 400', () => {
    expect(refuseUpgrade({ ...request, upgrade: 'h2c' }, '/mqtt')).toMatchObject({
      status: 400,
      reason: 'websocket-handshake',
    });
  });
});

test('the subprotocol answered is one the client offered, mqtt before mqttv3.1 (MQTT-6.0.0-4)', () => {
  expect(chooseSubprotocol(new Set(['mqttv3.1', 'mqtt']))).toBe('mqtt');
  expect(chooseSubprotocol(new Set(['mqttv3.1']))).toBe('mqttv3.1');
  expect(chooseSubprotocol(new Set(['other']))).toBeUndefined();
});
