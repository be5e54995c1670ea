import { describe, expect, test } from 'vitest';
import { fromNats, LoopWatch } from './loop-watch.ts';

const loopWindowMs = 2_000;

function watch(maxCrossings = 100) {
  let now = 1_000;
  const loops = new LoopWatch(maxCrossings, { now: () => now });
  return {
    pass: (ms: number) => {
      now += ms;
    },
    /** How many of so many messages pass. */
    send: (from: string, count: number, { subject = 's', payload = 'on', everyMs = 0 } = {}): number => {
      let passed = 0;
      for (let index = 0; index < count; index++) {
        now += everyMs;
        if (loops.sees(subject, Buffer.from(payload), from) === 'passes') passed += 1;
      }
      return passed;
    },
  };
}

describe('a message that comes back again and again', () => {
  test.each([
    ['through a client', 'a', 'bridge'],
    ['through NATS', 'a', fromNats],
    ['from NATS through a client', fromNats, 'bridge'],
  ])('%s is stopped after as many crossings as are allowed', (_, first, carrier) => {
    const { send } = watch();
    expect(send(first, 1)).toBe(1);
    expect(send(carrier, 500, { everyMs: 1 })).toBe(99);
    expect(send(first, 1)).toBe(1);
    expect(send(carrier, 50)).toBe(0);
  });

  test('both ways is stopped', () => {
    const { send } = watch();
    send('a', 1);
    const passed = Array.from({ length: 500 }, () => send('bridge', 1) + send(fromNats, 1));
    expect(passed.reduce((sum, count) => sum + count, 0)).toBe(99);
  });

  test('passes again once it stayed away for the window', () => {
    const { send, pass } = watch();
    send('a', 1);
    send('bridge', 500);
    pass(loopWindowMs + 1);
    expect(send('bridge', 5)).toBe(5);
  });

  test('passes again where the clock was set back, and not before its time where it was not', () => {
    const { send, pass } = watch();
    send('a', 1);
    send('bridge', 500);
    pass(loopWindowMs);
    expect(send('bridge', 5)).toBe(0);
    pass(-3_600_000);
    expect(send('bridge', 5)).toBe(5);
  });
});

describe('what is repeated and no loop', () => {
  test('one who says the same for ever passes, at any rate', () => {
    const { send } = watch();
    expect(send('sensor', 100_000)).toBe(100_000);
    expect(send(fromNats, 100_000, { subject: 't' })).toBe(100_000);
    expect(send('slow', 1_000, { subject: 'u', everyMs: 1_000 })).toBe(1_000);
  });

  test('a reading that two gateways send every second passes', () => {
    const { send } = watch();
    let passed = 0;
    for (let second = 0; second < 1_000; second++) passed += send('one', 1, { everyMs: 1_000 }) + send('other', 1);
    expect(passed).toBe(2_000);
  });

  test('two or many who say the same as fast as they can pass', () => {
    const { send } = watch();
    let passed = 0;
    for (let round = 0; round < 1_000; round++) {
      for (let client = 0; client < 50; client++) passed += send(`c${client}`, 1);
      passed += send('x', 1, { subject: 't' }) + send('y', 1, { subject: 't' });
    }
    expect(passed).toBe(52_000);
  });

  test('a hundred repetitions take longer than the window where they are commands of people', () => {
    const { send } = watch();
    send('a', 1);
    expect(send('b', 1_000, { everyMs: 25 })).toBe(1_000);
  });

  test('payloads that differ only where the hash does not look are told apart', () => {
    const { send } = watch();
    const payload = (text: string) => `${'-'.repeat(30)}${text.padEnd(10)}${'-'.repeat(200)}`;
    send('a', 1, { payload: payload('0') });
    let passed = 0;
    for (let index = 0; index < 1_000; index++) passed += send('b', 1, { payload: payload(`${index}`) });
    expect(passed).toBe(1_000);
  });

  test('it remembers no more for very many contents', () => {
    const { send } = watch();
    let passed = 0;
    for (let index = 0; index < 100_000; index++) passed += send('a', 1, { payload: `${index}` });
    expect(passed).toBe(100_000);
  });
});
