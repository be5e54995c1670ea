import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Memo } from './memo.ts';

test('whatever is asked, it answers as a map that forgets, and holds no more than it may', () => {
  const key = fc.string({ maxLength: 40 });
  const step = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), key, value: fc.string({ minLength: 1, maxLength: 200 }) }),
    fc.record({ kind: fc.constant('delete' as const), key, value: fc.constant('') }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const memo = new Memo<string>(2_000, ({ length }) => length);
      const all = new Map<string, string>();
      for (const { kind, key: name, value } of steps) {
        if (kind === 'delete') {
          memo.delete(name);
          all.set(name, '');
        } else if (memo.get(name) === undefined) {
          memo.set(name, value);
          all.set(name, value);
        }
        for (const [known, said] of all)
          expect(said === '' ? [undefined] : [said, undefined]).toContain(memo.get(known));
        expect(memo.bytes).toBeGreaterThanOrEqual(0);
        expect(memo.bytes).toBeLessThanOrEqual(2_000);
      }
      for (const name of all.keys()) memo.delete(name);
      expect(memo.bytes).toBe(0);
    }),
  );
});

test('one large value does not push out all the others', () => {
  const memo = new Memo<string>(2_000, ({ length }) => length);
  memo.set('small', 'x');
  memo.set('large', 'x'.repeat(1_000));
  expect([memo.get('small'), memo.get('large')]).toEqual(['x', undefined]);
});
