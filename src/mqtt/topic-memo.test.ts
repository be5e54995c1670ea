import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { TopicMemo } from './topic-memo.ts';

const topics = fc.array(
  fc.oneof(
    fc.constantFrom('a', 'b', 'a/b', 'a/c', 'é', 'x'.repeat(255), 'x'.repeat(256), 'x'.repeat(257)),
    fc.string({ minLength: 1, maxLength: 300, unit: 'grapheme' }),
  ),
  { maxLength: 30 },
);

test('recalls a topic name exactly when it is the one of last time', () => {
  fc.assert(
    fc.property(topics, fc.nat(40), (names, start) => {
      const memo = new TopicMemo();
      let last: string | undefined;
      for (const name of names) {
        const frame = Buffer.concat([Buffer.alloc(start), Buffer.from(name), Buffer.from('/behind')]);
        const end = start + Buffer.byteLength(name);
        expect(memo.recall(frame, start, end)).toBe(name === last ? name : undefined);
        memo.keep(frame, start, end, name);
        if (end - start <= 256) last = name;
      }
    }),
  );
});

test('knows nothing at first, and what it keeps is a copy', () => {
  const memo = new TopicMemo();
  const frame = Buffer.from('a/b');
  expect(memo.recall(frame, 0, 0)).toBeUndefined();
  memo.keep(frame, 0, 3, 'a/b');
  frame.fill(0);
  expect(memo.recall(Buffer.from('a/b'), 0, 3)).toBe('a/b');
  expect(memo.recall(frame, 0, 3)).toBeUndefined();
});
