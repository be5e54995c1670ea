import { expect, test } from 'vitest';
import { LoginMemory } from './login-memory.ts';

test('a login is remembered for a while, and as long as the line of its user is the same', () => {
  const memory = new LoginMemory({ forMs: 1_000, count: 10 });
  memory.add('bob', 'hash', 5_000);
  expect(memory.has('bob', 'hash', 5_999)).toBe(true);
  expect(memory.has('bob', 'hash', 6_000)).toBe(false);
  expect(memory.has('bob', 'another', 5_001)).toBe(false);
  expect(memory.has('bob', undefined, 5_001)).toBe(false);
  expect(memory.has('ann', 'hash', 5_001)).toBe(false);
});

test('beyond its number the oldest is forgotten, and one that is judged again is new', () => {
  const memory = new LoginMemory({ forMs: 1_000, count: 2 });
  for (const key of ['a', 'b', 'a', 'c']) memory.add(key, undefined, 0);
  expect(['a', 'b', 'c'].map((key) => memory.has(key, undefined, 1))).toEqual([true, false, true]);
  expect(memory.size).toBe(2);
});

test('with 0s nothing is remembered', () => {
  const memory = new LoginMemory({ forMs: 0, count: 2 });
  memory.add('a', undefined, 0);
  expect(memory.size).toBe(0);
});
