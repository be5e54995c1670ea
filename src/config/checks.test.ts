import { expect, test } from 'vitest';
import { composeConfig } from './compose.ts';
import { formatProblem } from './problems.ts';

function problemsOf(text: string): string[] {
  const composed = composeConfig({ file: { name: 'v.yaml', text }, env: {}, flags: [] });
  return composed.kind === 'refused' ? composed.problems.map(formatProblem) : [];
}

const listener = (name: string, bind: string, rest = 'tls: two-way, accept: [mqtt]') =>
  `  - { name: ${name}, bind: "${bind}", ${rest} }\n`;
const listeners = (...lines: string[]): string => `listeners:\n${lines.join('')}`;

test('two listeners with one name are a problem', () => {
  expect(problemsOf(listeners(listener('a', '127.0.0.1:1'), listener('a', '127.0.0.1:2')))).toEqual([
    'v.yaml:3:13  listeners[1].name: "a" is the name of two listeners; give each its own',
  ]);
});

test.each([
  ['127.0.0.1:1883', '127.0.0.1:1883'],
  ['0.0.0.0:1883', '127.0.0.1:1883'],
  ['127.0.0.1:1883', '[::]:1883'],
])('%s and %s cannot both be listened on', (first, second) => {
  expect(problemsOf(listeners(listener('a', first), listener('b', second)))).toEqual([
    expect.stringContaining(`v.yaml:3:22  listeners[1].bind: ${second} is taken by `),
  ]);
});

test('the embedded hub counts as a listener, where it runs', () => {
  const text = listeners(listener('a', '127.0.0.1:4222'));
  expect(problemsOf(text)).toEqual([
    'v.yaml:1:1  nats.hub.bind: 127.0.0.1:4222 is taken by "a" (127.0.0.1:4222); choose another port',
  ]);
  expect(problemsOf(`${text}nats: { servers: ["nats://other:4222"] }\n`)).toEqual([]);
});

test('several listeners may take free ports', () => {
  expect(problemsOf(listeners(listener('a', '127.0.0.1:0'), listener('b', '127.0.0.1:0')))).toEqual([]);
});

const open = (rest = ''): string => listeners(listener('open', '0.0.0.0:1883', 'tls: "off", accept: [mqtt]')) + rest;

test('a listener beyond loopback whose clients would be anonymous is a problem that says the three ways out', () => {
  expect(problemsOf(open())).toEqual([
    'v.yaml:2:25  listeners[0].bind: 0.0.0.0:1883 is reachable from other machines and its clients would be anonymous; name the listener in access.anonymous if that is wanted, use tls: two-way, or bind 127.0.0.1',
  ]);
  expect(problemsOf(open('access: { anonymous: [open] }'))).toEqual([]);
  expect(problemsOf(open('access: { anonymous: never }'))).toEqual([]);
  expect(problemsOf(listeners(listener('a', '0.0.0.0:1883')))).toEqual([]);
  expect(problemsOf(listeners(listener('a', '[::1]:1883', 'tls: "off", accept: [mqtt]')))).toEqual([]);
});

test('a page for everyone is no anonymous client', () => {
  expect(problemsOf(listeners(listener('page', '0.0.0.0:443', 'tls: one-way, accept: [http]')))).toEqual([]);
});

test('access.anonymous must name listeners that exist', () => {
  const both = listeners(listener('open', '127.0.0.1:1883'));
  expect(problemsOf(`${both}access: { anonymous: [opne] }`)).toEqual([
    'v.yaml:3:23  access.anonymous[0]: no listener has the name "opne"; did you mean "open"?',
  ]);
});

const nats = (rest: string): string => `nats:\n  servers: ["nats://a:4222"]\n  ${rest}\n`;

test.each([
  ['user: me', 'v.yaml:3:9  nats.user: a user needs nats.password, as { file: PATH } or { env: NAME }'],
  ['password: { env: X }', 'v.yaml:3:13  nats.password: nats.password needs nats.user'],
  ['tls: { cert: a.pem }', 'v.yaml:3:8  nats.tls.key: a client certificate is nats.tls.cert and nats.tls.key together'],
  [
    'reconnectDelay: 1m',
    'v.yaml:3:19  nats.reconnectDelay: 1m is longer than nats.reconnectDelayMax (10s); lower it or raise the other',
  ],
])('NATS settings that do not fit together: %s', (rest, problem) => {
  expect(problemsOf(nats(rest))).toEqual([problem]);
});

test('two kinds of NATS credentials exclude each other', () => {
  expect(problemsOf(nats('token: { env: X }\n  creds: a.creds'))).toEqual([
    'v.yaml:4:10  nats.creds: nats.token and nats.creds are two ways to log in; keep one',
  ]);
});

test('credentials without a server are a problem, because the hub would ignore them', () => {
  expect(problemsOf('nats: { creds: a.creds }')).toEqual([
    'v.yaml:1:16  nats.creds: is for a NATS server, but nats.servers is empty; name the server there or remove creds',
  ]);
});

test('a NATS URL needs a host and a possible port', () => {
  expect(problemsOf('nats: { servers: ["nats://a:99999"] }')).toEqual([
    'v.yaml:1:19  nats.servers[0]: is not a URL that names a host and a port up to 65535; write nats://host:port',
  ]);
});
