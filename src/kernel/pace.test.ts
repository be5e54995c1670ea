import { expect, test } from 'vitest';
import { Pace } from './pace.ts';
import { Slices } from './slices.ts';

test('a little work is done at once', () => {
  const slices = new Slices();
  const pace = new Pace(slices);
  for (let step = 0; step < 31; step += 1) expect(pace.step()).toBeUndefined();
  expect(slices.waiting).toBe(0);
});

test('much work goes on in slices, and asks for another only when one is over', async () => {
  const pace = new Pace(new Slices(60_000));
  let waits = 0;
  for (let step = 0; step < 10_000; step += 1) {
    const turn = pace.step();
    if (turn === undefined) continue;
    waits += 1;
    await turn;
  }
  expect(waits).toBe(1);
});

test('between slices everything else has its turn', async () => {
  const pace = new Pace(new Slices(0));
  let turns = 0;
  const count = (): void => {
    turns += 1;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  for (let step = 0; step < 320; step += 1) await pace.step();
  clearImmediate(timer);
  expect(turns).toBeGreaterThanOrEqual(9);
});

test('who has waited for something else begins anew, with as many steps at once', () => {
  const slices = new Slices();
  const pace = new Pace(slices, 4);
  for (let step = 0; step < 30; step += 1) {
    if (step % 3 === 0) pace.rested();
    expect(pace.step()).toBeUndefined();
  }
  expect(slices.waiting).toBe(0);
  pace.rested();
  const turns = Array.from({ length: 4 }, () => pace.step());
  expect(turns.map((turn) => turn !== undefined)).toEqual([false, false, false, true]);
});
