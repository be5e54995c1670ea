import { expect, test } from 'vitest';
import { Slices } from './slices.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('one slice a turn is given, and whoever waits longest is next', async () => {
  const slices = new Slices();
  const given: string[] = [];
  const work = async (name: string, steps: number): Promise<void> => {
    for (let step = 0; step < steps; step += 1) {
      await slices.next();
      given.push(name);
    }
  };
  const all = [work('a', 3), work('b', 1), work('c', 2)];
  for (let count = 1; count <= 6; count += 1) {
    await turn();
    expect(given.length).toBeLessThanOrEqual(count);
  }
  await Promise.all(all);
  expect([given.join(''), slices.waiting]).toEqual(['abcaca', 0]);
});

test('a slice is over after its time', async () => {
  expect((await new Slices(0).next()).isOver()).toBe(true);
  expect((await new Slices(60_000).next()).isOver()).toBe(false);
});
