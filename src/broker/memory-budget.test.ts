import { setImmediate as turnEnd } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { silentTelemetry } from '../kernel/telemetry-ports.ts';
import { Holding, MemoryBudget } from './memory-budget.ts';

const megabyte = 1_024 * 1_024;

function setUp() {
  const budget = new MemoryBudget(100 * megabyte, silentTelemetry.events);
  const closed: string[] = [];
  const holder = (name: string): Holding => {
    const holding: Holding = new Holding(budget, () => {
      closed.push(name);
      holding.release();
    });
    return holding;
  };
  return { budget, closed, holder };
}

test('first QoS 0 is left out, then the slowest links are closed, until half of it is free', async () => {
  const { budget, closed, holder } = setUp();
  const [small, large, middle] = [holder('small'), holder('large'), holder('middle')];
  small.holdsOutbound(10 * megabyte);
  middle.holdsOutbound(20 * megabyte);
  expect(budget.isShort).toBe(false);
  large.holdsOutbound(30 * megabyte);
  expect(budget.isShort).toBe(true);
  await turnEnd();
  expect(closed).toEqual([]);
  large.holdsOutbound(45 * megabyte);
  await turnEnd();
  expect(closed).toEqual(['large']);
  expect(budget.bytes).toBe(30 * megabyte);
  expect(budget.isShort).toBe(false);
});

test('where closing frees nothing, whoever publishes waits until there is memory again', async () => {
  const { budget, closed, holder } = setUp();
  const publisher = holder('publisher');
  publisher.holdsInbound(90 * megabyte);
  expect(budget.isFull).toBe(true);
  let isThrough = false;
  budget.whenRoom(() => {
    isThrough = true;
  });
  await turnEnd();
  expect([closed, isThrough]).toEqual([[], false]);
  publisher.holdsInbound(0);
  await turnEnd();
  expect([isThrough, budget.bytes]).toEqual([true, 0]);
});

test('what a connection held is free when it is over', () => {
  const { budget, holder } = setUp();
  const one = holder('one');
  one.holdsOutbound(megabyte);
  one.holdsInbound(megabyte);
  one.release();
  one.release();
  expect(budget.bytes).toBe(0);
});

test('what came of packets that are not whole, or not cut, counts too, and who holds most of it is closed', async () => {
  const { budget, closed, holder } = setUp();
  const [unfinished, slow] = [holder('unfinished'), holder('slow')];
  unfinished.holdsUncut(60 * megabyte);
  expect(budget.bytes).toBe(60 * megabyte);
  slow.holdsOutbound(20 * megabyte);
  await turnEnd();
  expect(closed).toEqual(['unfinished']);
  unfinished.release();
  expect(budget.bytes).toBe(20 * megabyte);
});
