import { expect, test } from 'vitest';
import { byServerName } from './server-names.ts';

const find = byServerName([
  { names: ['a.example', '*.b.example'], value: 1 },
  { names: ['x.b.example', 'a.example'], value: 2 },
]);

test('a server name is found in any case, before a wildcard, and the first of two counts', () => {
  expect(find('a.example')).toBe(1);
  expect(find('A.Example')).toBe(1);
  expect(find('x.b.example')).toBe(2);
  expect(find('y.b.example')).toBe(1);
});

test('a wildcard stands for one label, and other names are not found (RFC 6125 6.4.3)', () => {
  for (const name of ['b.example', 'x.y.b.example', '.b.example', 'example', '', '__proto__', '*.c.example'])
    expect(find(name)).toBeUndefined();
});
