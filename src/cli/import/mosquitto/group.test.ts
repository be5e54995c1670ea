import { expect, test } from 'vitest';
import { group } from './group.ts';
import { importListener } from './listener.ts';
import { readStatements } from './statements.ts';

const files = (texts: Readonly<Record<string, string>>) => ({
  path: (text: string) => text,
  text: (path: string) => Promise.resolve(texts[path] ?? ''),
  list: (path: string) =>
    Promise.resolve(
      Object.keys(texts).flatMap((name) => (name.startsWith(`${path}/`) ? [name.slice(path.length + 1)] : [])),
    ),
});

const grouped = async (text: string, more: Readonly<Record<string, string>> = {}) =>
  group(await readStatements('m.conf', files({ 'm.conf': text, ...more })));

test('files of a folder stand in the place of include_dir, in order, with their own lines', async () => {
  const statements = await readStatements(
    'm.conf',
    files({
      'm.conf': 'a 1\ninclude_dir d\n# c\nb  2 3',
      'd/2.conf': 'y',
      'd/1.conf': '\nx',
      'd/n.txt': 'z',
      'd/.h.conf': 'z',
    }),
  );
  expect(statements.map(({ file, line, key, value }) => `${file}:${line} ${key}=${value}`)).toEqual([
    'm.conf:1 a=1',
    'd/1.conf:2 x=',
    'd/2.conf:1 y=',
    'm.conf:4 b=2 3',
  ]);
  await expect(
    readStatements('m.conf', files({ 'm.conf': 'include_dir d', 'd/a.conf': 'include_dir d' })),
  ).rejects.toThrow('deeper than 10');
});

test('who may connect is of all listeners, or of each where that is asked for', async () => {
  const text =
    'allow_anonymous true\nlistener 1\nallow_anonymous false\nmax_connections 5\nlistener 2\npassword_file p';
  const together = await grouped(text);
  expect(together.listeners.map(({ lines }) => lines.map(({ key }) => key))).toEqual([['max_connections'], []]);
  expect(together.general.map(({ key }) => key)).toEqual(['allow_anonymous', 'allow_anonymous', 'password_file']);
  const each = await grouped(`per_listener_settings true\n${text}`);
  expect(each.listeners.map(({ lines }) => lines.map(({ key }) => key))).toEqual([
    ['allow_anonymous', 'max_connections'],
    ['password_file'],
  ]);
});

test('lines of a bridge are apart, and there is a listener where the file has none', async () => {
  const { listeners, bridges } = await grouped('connection b\naddress x\ntopic # both\nbridge_cafile c');
  expect(bridges.map(({ key }) => key)).toEqual(['connection', 'address', 'topic', 'bridge_cafile']);
  expect(listeners).toEqual([{ opened: undefined, lines: [] }]);
});

test.each([
  ['', { name: 'mqtt-1883', bind: '127.0.0.1:1883', tls: 'off', accept: ['mqtt'] }],
  ['port 1884', { bind: '0.0.0.0:1884' }],
  ['listener 1885 ::1', { bind: '[::1]:1885' }],
  ['listener 9001\nprotocol websockets', { name: 'ws-9001', accept: ['websocket'] }],
  [
    'listener 8883\ncertfile c\nkeyfile k\ncafile a',
    { name: 'mqtts-8883', tls: 'one-way', certificate: 'c', key: 'k' },
  ],
  ['listener 8883\ncertfile c\nkeyfile k\ncafile a\nrequire_certificate true', { tls: 'two-way', clientCa: 'a' }],
  ['listener 8883\npsk_hint h', { name: 'mqtts-8883', tls: 'one-way' }],
  ['listener 1\nmaximum_qos 1\nmax_connections 7', { mqtt: { maximumQos: 1 }, maxConnections: 7 }],
])('%j opens %j', async (text, expected) => {
  const [lines] = (await grouped(text)).listeners;
  expect(importListener(lines!, new Set()).draft).toMatchObject(expected);
});

test('what has no counterpart is said of each line', async () => {
  const [lines] = (await grouped('listener 1\nmount_point a\ntls_engine e\nmax_connections -1')).listeners;
  expect(importListener(lines!, new Set(['mqtt-1'])).notes.map(({ line, outcome }) => `${line} ${outcome}`)).toEqual([
    '1 differs',
    '2 left-out',
    '3 left-out',
    '4 differs',
  ]);
});
