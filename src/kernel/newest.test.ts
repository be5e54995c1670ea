import { expect, test } from 'vitest';
import { putNewest } from './newest.ts';

test('the entry that was put the longest ago makes room, and one that is put again is the newest', () => {
  const map = new Map<string, number>();
  for (const [index, key] of ['a', 'b', 'a', 'c'].entries()) putNewest(map, key, index, 2);
  expect([...map]).toEqual([
    ['a', 2],
    ['c', 3],
  ]);
});
