import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { timeLimit } from './time-limit.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

test('a time limit ends also after a garbage collection, when nobody else holds it', async () => {
  const limit = timeLimit(20, new AbortController().signal);
  while (!limit.aborted) {
    await nextTurn();
    collect();
  }
  expect(limit.reason).toMatchObject({ name: 'TimeoutError' });
});

test('a time limit ends with the other signal, for its reason', () => {
  const other = new AbortController();
  const limit = timeLimit(60_000, other.signal);
  expect(limit.aborted).toBe(false);
  other.abort('enough');
  expect(limit.reason).toBe('enough');
  expect(timeLimit(60_000, other.signal).aborted).toBe(true);
});
