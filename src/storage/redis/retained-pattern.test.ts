import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { matches } from '../../mqtt/topic.ts';
import { retainedPattern } from './retained-pattern.ts';

/** What a glob of Redis matches. */
function isIn(pattern: string, text: string): boolean {
  const parts = [...pattern.matchAll(/\\.|\*|[^\\*]/gsu)].map(([part]) => part);
  const literal = (part: string): string => part.replace(/^\\/, '').replace(/[$()*+.?[\\\]^{|}/]/g, '\\$&');
  return new RegExp(`^${parts.map((part) => (part === '*' ? '.*' : literal(part))).join('')}$`, 'su').test(text);
}

/** A topic name with something in place of the wildcards. */
const filled = (filter: string, filling: readonly string[]): string =>
  filter
    .replace(/\/?#$/, () => `/${filling.join('/')}`)
    .split('/')
    .map((level, at) => (level === '+' ? (filling[at % filling.length] ?? '') : level))
    .join('/');

test.each([
  ['#', '*'],
  ['+/#', '*'],
  ['a/#', 'a*'],
  ['+/x', '*/x'],
  ['a/+/+/x/y', 'a/*/x/y'],
  ['+/x/#', '*/x*'],
  ['+/x/+/temperature/+', '*/temperature/*'],
  ['+/a-very-long-name-of-a-level', '*-name-of-a-level'],
  ['a*[b]/+', 'a\\*\\[b\\]/*'],
])('a search for `%s` asks Redis for `%s`', (filter, pattern) => {
  expect(retainedPattern(filter)).toBe(pattern);
});

test('no topic that matches is left out', () => {
  const level = fc.constantFrom('', 'a', 'b', '*', '[a]', '\\', '^', '?', 'long-'.repeat(4), '\u{1f600}'.repeat(17));
  const filters = fc
    .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 5 }), fc.boolean())
    .map(([levels, isOpen]) => [...levels, ...(isOpen ? ['#'] : [])].join('/'))
    .filter((filter) => filter !== '' && /[+#]/.test(filter));
  fc.assert(
    fc.property(filters, fc.array(fc.array(level, { minLength: 1, maxLength: 3 })), (filter, fillings) => {
      const pattern = retainedPattern(filter);
      const found = fillings.map((filling) => filled(filter, filling)).filter((topic) => matches(filter, topic));
      expect([pattern, found.filter((topic) => !isIn(pattern, topic))]).toEqual([pattern, []]);
    }),
  );
});
