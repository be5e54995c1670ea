import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { matches } from '../../../mqtt/topic.ts';
import { addToSignature, emptySignature, maySatisfy, queryOf } from './topic-signature.ts';

const level = fc.oneof(fc.constantFrom('', 'a', 'b', 'ä', '\u{1f600}'), fc.string({ maxLength: 3 }));
const levels = fc.array(
  level.map((text) => text.replace(/[+#/\0]/g, '')),
  { minLength: 1, maxLength: 20 },
);

function signed(...topics: string[]): (filter: string) => boolean {
  const signature = emptySignature();
  for (const topic of topics) addToSignature(signature, topic);
  return (filter) => {
    const query = queryOf(filter);
    return query === undefined || maySatisfy(signature, query);
  };
}

test('a filter that matches one of the topics is always satisfied', () => {
  fc.assert(
    fc.property(fc.array(levels, { minLength: 1 }), fc.array(fc.boolean()), fc.nat(20), (names, isWild, end) => {
      const topics = names.map((name) => name.join('/'));
      const may = signed(...topics);
      const [first = []] = names;
      const filter = first.map((name, at) => (isWild[at % (isWild.length || 1)] === true ? '+' : name));
      const matching = [filter.join('/'), [...filter.slice(0, end), '#'].join('/')].filter((one) =>
        topics.some((topic) => matches(one, topic)),
      );
      expect(matching.filter((one) => !may(one))).toEqual([]);
    }),
  );
});

test.each([
  ['+/y', false],
  ['+/x', true],
  ['+', false],
  ['+/+', true],
  ['+/+/+', false],
  ['+/+/#', true],
  ['+/+/+/#', false],
  ['+/x/#', true],
  ['+/x/y', false],
])('of topics like `dev-1/x` `%s` is said to find some: %s', (filter, isSome) => {
  expect(signed(...Array.from({ length: 128 }, (_, number) => `dev-${number}/x`))(filter)).toBe(isSome);
});

test('of 128 topics of four levels at most one in a hundred is satisfied by mistake', () => {
  const may = signed(...Array.from({ length: 128 }, (_, number) => `plant/line-${number}/dev-${number}/${number}`));
  const mistaken = Array.from({ length: 10_000 }, (_, number) => `plant/+/other-${number}/+`).filter(may);
  expect(mistaken.length).toBeLessThan(100);
});
