import { setImmediate as turnEnd } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Turn } from './turn.ts';

test('those that have more to do than a share get one share after the other, in turn', async () => {
  const turn = new Turn();
  const done: string[] = [];
  const worker = (name: string, shares: number) => {
    let left = shares;
    const self = {
      goOn(): void {
        done.push(name);
        left -= 1;
        if (left > 0) turn.later(self);
      },
    };
    return self;
  };
  turn.later(worker('a', 3));
  turn.later(worker('b', 1));
  turn.later(worker('c', 2));
  await turnEnd();
  await turnEnd();
  expect(done.join('')).toBe('abcaca');
});

test('what was worked out in a turn leaves in it', async () => {
  const turn = new Turn();
  const said: string[] = [];
  turn.later({ goOn: () => turn.add({ flush: () => void said.push('sent') }) });
  await turnEnd();
  expect(said).toEqual(['sent']);
});

test('a turn has no more time once ten milliseconds of work were done, and the next has', async () => {
  const turn = new Turn();
  const startMs = performance.now();
  while (turn.spend(16)) expect(performance.now() - startMs).toBeLessThan(10_000);
  expect(turn.spend(0)).toBe(false);
  const { number } = turn;
  await turnEnd();
  expect(turn.number).toBe(number + 1);
  expect(turn.spend(1)).toBe(true);
});

test('a share is smaller where many wait, and never nothing', () => {
  const turn = new Turn();
  const alone = turn.share;
  for (let count = 0; count < 9; count += 1) turn.later({ goOn: () => undefined });
  const among = turn.share;
  for (let count = 0; count < 5_000; count += 1) turn.later({ goOn: () => undefined });
  expect(among).toBeLessThan(alone);
  expect(turn.share).toBeLessThan(among);
  expect(turn.share).toBeGreaterThanOrEqual(32);
  turn.stop();
});

test('bursts of a few units a turn never use up its time, however many turns go by', async () => {
  const turn = new Turn();
  for (let count = 0; count < 100; count += 1) {
    expect(turn.spend(3)).toBe(true);
    await turnEnd();
  }
});

test('what work makes the end of a turn cost is counted as time of the turn', () => {
  const turn = new Turn();
  turn.owe(1);
  expect(turn.spend(16)).toBe(true);
  turn.owe(6_000);
  expect(turn.spend(16)).toBe(false);
  turn.stop();
});
