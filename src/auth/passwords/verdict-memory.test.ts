import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loginKeys, VerdictMemory } from './verdict-memory.ts';

test('a login is remembered for a while, and as long as the line of its user is the same', () => {
  const memory = new VerdictMemory({ forMs: 1_000, count: 10 });
  memory.add('bob', 'hash', 5_000);
  expect(memory.has('bob', 'hash', 5_999)).toBe(true);
  expect(memory.has('bob', 'hash', 6_000)).toBe(false);
  expect(memory.has('bob', 'another', 5_001)).toBe(false);
  expect(memory.has('bob', undefined, 5_001)).toBe(false);
  expect(memory.has('ann', 'hash', 5_001)).toBe(false);
});

test('beyond its number the oldest is forgotten, and one that is judged again is new', () => {
  const memory = new VerdictMemory({ forMs: 1_000, count: 2 });
  for (const key of ['a', 'b', 'a', 'c']) memory.add(key, undefined, 0);
  expect(['a', 'b', 'c'].map((key) => memory.has(key, undefined, 1))).toEqual([true, false, true]);
  expect(memory.size).toBe(2);
});

test('with 0s nothing is remembered', () => {
  const memory = new VerdictMemory({ forMs: 0, count: 2 });
  memory.add('a', undefined, 0);
  expect(memory.size).toBe(0);
});

test('a key says nothing without the secret of the process, and two logins never have the same', () => {
  const [one, other] = [loginKeys(), loginKeys()];
  const login = fc.tuple(fc.string({ maxLength: 5 }), fc.uint8Array({ maxLength: 5 }));
  fc.assert(
    fc.property(login, login, ([user, password], [user2, password2]) => {
      const isSame = user === user2 && Buffer.from(password).equals(Buffer.from(password2));
      expect(one(user, password) === one(user2, password2)).toBe(isSame);
      expect(one(user, password)).not.toBe(other(user, password));
    }),
  );
});
