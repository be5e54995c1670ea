import { posix } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { matches } from '../../../mqtt/topic.ts';
import { topicOfGlob } from './topic-glob.ts';

test.each([
  ['**', 'all'],
  ['allowed/topic/*', 'allowed/topic/+'],
  ['a/**', 'a/#'],
  ['*', '+'],
  ['a/b', 'a/b'],
  ['50%/x', '50%%/x'],
  ['a/**/b', undefined],
  ['dev*/x', undefined],
  ['{a,b}/x', undefined],
  ['!a', undefined],
  ['#a', undefined],
  ['a/+(x|y)', undefined],
])('the glob %s is %s', (glob, topic) => {
  expect(topicOfGlob(glob)).toBe(topic);
});

const level = fc.constantFrom('a', 'b', 'cc', '*', '**', 'a*', '?');
const name = fc
  .array(fc.constantFrom('a', 'b', 'cc', 'ax'), { minLength: 1, maxLength: 4 })
  .map((all) => all.join('/'));

test('what a topic filter stands for matches what the glob matches, and above "/**" the topic itself', () => {
  fc.assert(
    fc.property(
      fc.array(level, { minLength: 1, maxLength: 4 }).map((all) => all.join('/')),
      name,
      (glob, topic) => {
        const filter = topicOfGlob(glob);
        fc.pre(filter !== undefined && filter !== 'all');
        const isAbove = filter.endsWith('/#') && matches(filter.slice(0, -2), topic);
        expect(matches(filter, topic)).toBe(posix.matchesGlob(topic, glob) || isAbove);
      },
    ),
    { numRuns: 2_000 },
  );
});
