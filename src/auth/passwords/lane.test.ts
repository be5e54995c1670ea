import { expect, test } from 'vitest';
import { HashLane } from './lane.ts';

interface Task {
  readonly name: string;
  readonly end: () => void;
}

/** Tasks that run until they are told to end. */
function tasks(lane: HashLane) {
  const running: Task[] = [];
  const begin = (name: string, signal = new AbortController().signal): Promise<string> =>
    lane.run(() => new Promise((resolve) => running.push({ name, end: () => resolve(name) })), signal);
  return { running, begin, names: () => running.map(({ name }) => name) };
}

test('no more run at a time than its width, and the others begin in their order', async () => {
  const { running, begin, names } = tasks(new HashLane(2));
  const all = ['a', 'b', 'c', 'd'].map((name) => begin(name));
  expect(names()).toEqual(['a', 'b']);
  running[1]?.end();
  expect(await all[1]).toBe('b');
  await Promise.resolve();
  expect(names()).toEqual(['a', 'b', 'c']);
  for (const one of [0, 2]) running[one]?.end();
  await all[2];
  await Promise.resolve();
  expect(names()).toEqual(['a', 'b', 'c', 'd']);
  running[3]?.end();
  expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd']);
});

test('for whom nobody waits any more is not begun, and takes no place', async () => {
  const { running, begin, names } = tasks(new HashLane(1));
  const first = begin('a');
  const gone = new AbortController();
  const second = begin('b', gone.signal);
  const third = begin('c');
  gone.abort(new Error('gone'));
  await expect(second).rejects.toThrow('gone');
  running[0]?.end();
  await first;
  await Promise.resolve();
  expect(names()).toEqual(['a', 'c']);
  running[1]?.end();
  expect(await third).toBe('c');
  await expect(begin('d', AbortSignal.abort(new Error('gone before')))).rejects.toThrow('gone before');
  expect(names()).toEqual(['a', 'c']);
});

test('one that fails makes room too', async () => {
  const lane = new HashLane(1);
  const { signal } = new AbortController();
  await expect(lane.run(() => Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken');
  expect(await lane.run(() => Promise.resolve('next'), signal)).toBe('next');
});
