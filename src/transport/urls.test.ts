import { expect, test } from 'vitest';
import { urlsOf } from './urls.ts';

const at = { host: '127.0.0.1', port: 8084 };

test.each([
  ['0.0.0.0', 'mqtts://127.0.0.1:8084'],
  ['::', 'mqtts://[::1]:8084'],
  ['192.0.2.7', 'mqtts://192.0.2.7:8084'],
])('bound to %s it can be dialled at %s', (host, url) => {
  expect(urlsOf({ tls: 'one-way', accept: ['mqtt'], path: '/mqtt' }, { host, port: 8084 })).toEqual([url]);
});

test('a listener lists what it serves', () => {
  expect(urlsOf({ tls: 'one-way', accept: ['mqtt'], path: '/mqtt' }, at)).toEqual(['mqtts://127.0.0.1:8084']);
  expect(urlsOf({ tls: 'two-way', accept: ['websocket', 'http'], path: '/mqtt' }, at)).toEqual([
    'wss://127.0.0.1:8084/mqtt',
    'https://127.0.0.1:8084/',
  ]);
  expect(urlsOf({ tls: 'off', accept: ['websocket'], path: '/x' }, { host: '::1', port: 80 })).toEqual([
    'ws://[::1]:80/x',
  ]);
  expect(urlsOf({ tls: 'auto', accept: ['mqtt', 'websocket'], path: '/mqtt' }, at)).toEqual([
    'mqtt://127.0.0.1:8084',
    'mqtts://127.0.0.1:8084',
    'ws://127.0.0.1:8084/mqtt',
    'wss://127.0.0.1:8084/mqtt',
  ]);
});
