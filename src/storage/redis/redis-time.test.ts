import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lateTimeIn, RedisTime } from './redis-time.ts';

const ms = fc.integer({ min: 0, max: 60_000 });
const exchange = fc.record({
  waits: ms,
  out: ms,
  back: ms,
  jump: fc.option(fc.integer({ min: -90_000, max: 90_000 })),
});

test('the time of Redis is never wrong by more than the slowest way of the last answer, wherever its clock is set', () => {
  fc.assert(
    fc.property(fc.array(exchange, { minLength: 1 }), (exchanges) => {
      let ours = 0;
      let offset = 1_700_000_000_000;
      const time = new RedisTime({ monotonic: () => ours });
      for (const { waits, out, back, jump } of exchanges) {
        ours += waits;
        offset += jump ?? 0;
        const askedAt = ours;
        ours += out;
        const answeredAt = ours + offset;
        ours += back;
        time.learn(answeredAt, askedAt);
        time.learn(undefined, askedAt);
        expect(Math.abs(time.at(ours) - (ours + offset))).toBeLessThanOrEqual(out + back + 1);
      }
    }),
  );
});

test('a slow answer moves nothing that can be true', () => {
  let ours = 0;
  const time = new RedisTime({ monotonic: () => ours });
  time.learn(1_000, 0);
  ours = 9_000;
  time.learn(1_500, 0);
  expect(time.at(0)).toBe(1_000);
});

test('the refusal of a batch that came too late says what time it is', () => {
  expect(lateTimeIn('LATE 1700000000123 the batch reached Redis after its deadline')).toBe(1_700_000_000_123);
  expect(lateTimeIn('OOM command not allowed')).toBeUndefined();
});
