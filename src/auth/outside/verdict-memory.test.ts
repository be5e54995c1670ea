import { expect, test } from 'vitest';
import { fakeClock } from '../../../test/support/fake-clock.ts';
import type { AuthenticationVerdict } from '../../broker/ports.ts';
import { VerdictMemory } from './verdict-memory.ts';

const endOf = (verdict: AuthenticationVerdict) => (verdict.kind === 'accept' ? verdict.expiresAtMs : undefined);
const make = (options: { durationMs?: number; maxBytes?: number } = {}) => {
  const clock = fakeClock(1_000_000);
  return {
    clock,
    memory: new VerdictMemory<AuthenticationVerdict>(
      { durationMs: 1_000, maxBytes: 100_000, ...options },
      clock,
      endOf,
    ),
  };
};
const ann: AuthenticationVerdict = { kind: 'accept', principal: 'ann', trust: 'http' };

test('a verdict counts for a while, and a part of the question that differs makes another', () => {
  const { memory, clock } = make();
  const key = memory.keyOf(['ann', Buffer.from('secret')]);
  memory.set(key, ann);
  expect(memory.get(memory.keyOf(['ann', Buffer.from('secret')]))).toMatchObject({ verdict: ann });
  for (const other of [['ann', 'Secret'], ['anns', 'ecret'], ['ann', 'secret', ''], ['annsecret']])
    expect(memory.get(memory.keyOf(other))).toBeUndefined();
  clock.advance(1_000);
  expect(memory.get(key)).toBeUndefined();
});

test('a verdict counts no longer than what the client proved itself by', () => {
  const { memory, clock } = make();
  memory.set('key', { ...ann, expiresAtMs: 1_000_500 });
  expect(memory.get('key')).toBeDefined();
  clock.advance(500);
  expect(memory.get('key')).toBeUndefined();
});

test('the name of a question is another in each process, so that it tells nothing', () => {
  expect(make().memory.keyOf(['secret'])).not.toBe(make().memory.keyOf(['secret']));
});

test('it stays within its bytes, whatever number of questions comes', () => {
  const { memory } = make({ maxBytes: 10_000 });
  for (let index = 0; index < 1_000; index += 1) memory.set(`key-${index}`, ann);
  const kept = Array.from({ length: 1_000 }, (_, index) => memory.get(`key-${index}`)).filter(
    (one) => one !== undefined,
  );
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.length).toBeLessThan(50);
});

test('with 0 nothing is remembered', () => {
  const { memory } = make({ durationMs: 0 });
  memory.set('key', ann);
  expect(memory.get('key')).toBeUndefined();
});
