import { expect, test } from 'vitest';
import { listenersSchema } from './schema.ts';

const listener = { name: 'a', bind: '127.0.0.1:1883', tls: 'off', accept: ['mqtt'] };

const problems = (listeners: object[]): [string, string][] =>
  (listenersSchema.safeParse(listeners).error?.issues ?? []).map(({ path, message }) => [path.join('.'), message]);

test('left out, there are the three listeners of the contract', () => {
  const listeners = listenersSchema.parse(undefined);
  expect(listeners.map(({ name, bind, tls, path }) => [name, bind.port, tls, path])).toEqual([
    ['mqtts', 8883, 'one-way', '/mqtt'],
    ['mqtts-two-way', 8884, 'two-way', '/mqtt'],
    ['wss', 8084, 'two-way-optional', '/mqtt'],
  ]);
});

test('two listeners cannot share a name or an address', () => {
  expect(problems([listener, { ...listener, bind: '127.0.0.1:1884' }])).toEqual([
    ['1.name', '"a" is the name of two listeners; give each its own'],
  ]);
  expect(problems([listener, { ...listener, name: 'b' }])).toEqual([
    ['1.bind', expect.stringContaining('127.0.0.1:1883 is taken')],
  ]);
  const free = { ...listener, bind: '127.0.0.1:0' };
  expect(problems([free, { ...free, name: 'b' }])).toEqual([]);
});
