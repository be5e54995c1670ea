import { expect, test } from 'vitest';
import { beforeConnect, hasCredentials, readConnect, readCredentials } from './connect-options.ts';

test('what is left out keeps its value', () => {
  expect(readConnect('{}', beforeConnect)).toEqual(beforeConnect);
  const before = { ...beforeConnect, verbose: false };
  expect(readConnect('{"pedantic":false}', before)).toEqual({ ...before, pedantic: false });
});

test('the CONNECT of nats.js is read', () => {
  const json =
    '{"protocol":1,"version":"3.4.0","lang":"nats.js","verbose":false,"pedantic":false,"headers":true,"no_responders":true,"name":"x"}';
  expect(readConnect(json, beforeConnect)).toEqual({
    verbose: false,
    pedantic: false,
    echo: true,
    headers: true,
    noResponders: true,
    name: 'x',
    lang: 'nats.js',
    version: '3.4.0',
    protocol: 1,
  });
});

test.each([
  'null',
  '{"verbose":null}',
  '{"user":"u","pass":"p","nkey":"k"}',
  '{"other":[1]}',
  '{"__proto__":{"verbose":false}}',
])('%s changes nothing', (json) => {
  expect(readConnect(json, beforeConnect)).toEqual(beforeConnect);
});

test('field names may have any case', () => {
  expect(readConnect('{"VERBOSE":false}', beforeConnect)).toMatchObject({ verbose: false });
});

test.each([
  '',
  '{x',
  '[]',
  '1',
  '"a"',
  '{} x',
  '{"verbose":"x"}',
  '{"lang":5}',
  '{"protocol":"1"}',
  '{"protocol":0.5}',
])('"%s" is no CONNECT', (json) => {
  expect(readConnect(json, beforeConnect)).toBe('bad-connect');
});

test('only the protocol versions 0 and 1 are known', () => {
  expect(readConnect('{"protocol":2}', beforeConnect)).toBe('bad-protocol-version');
  expect(readConnect('{"protocol":-1}', beforeConnect)).toBe('bad-protocol-version');
});

test('no_responders needs headers', () => {
  expect(readConnect('{"no_responders":true}', beforeConnect)).toBe('headers-required');
});

test('a name is short and printable in the log, and UTF-8', () => {
  const name = Buffer.from(`{"name":"é\\u0007\\n${'x'.repeat(100)}"}`).toString('latin1');
  expect(readConnect(name, beforeConnect)).toMatchObject({ name: `é\\u{7}\\u{a}${'x'.repeat(61)}` });
});

test.each([
  ['{"user":"ann","pass":"pw","name":"n"}', { user: 'ann', secret: 'pw', name: 'n' }],
  ['{"USER":"ann"}', { user: 'ann', secret: undefined, name: '' }],
  ['{"auth_token":"t","user":""}', { user: undefined, secret: 't', name: '' }],
  ['{"user":"\u00c3\u00a4","pass":"\\u00e4"}', { user: 'ä', secret: 'ä', name: '' }],
  ['{"user":null}', { user: undefined, secret: undefined, name: '' }],
  ['{"user":7,"pass":"pw"}', { user: undefined, secret: undefined, name: '' }],
  ['nothing', { user: undefined, secret: undefined, name: '' }],
])('%s says who its sender is', (json, credentials) => {
  expect(readCredentials(json)).toEqual(credentials);
});

test('a CONNECT may say nothing of who sends it', () => {
  expect(
    ['{}', '{"name":"n"}', '{"user":"a"}', '{"auth_token":"t"}'].map((json) => hasCredentials(readCredentials(json))),
  ).toEqual([false, false, true, true]);
});
