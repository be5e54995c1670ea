import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matches, parseSharedFilter, topicFilterProblem, topicNameProblem } from './topic.ts';

describe('matches', () => {
  test.each([
    ['a', 'a', true],
    ['a', 'b', false],
    ['a', 'A', false],
    ['a', 'a/', false],
    ['a/', 'a', false],
    ['/a', 'a', false],
    ['a', '/a', false],
    ['a/b', 'a/b', true],
    ['ab', 'abc', false],
    ['abc', 'ab', false],
    ['+', 'a', true],
    ['+', 'a/b', false],
    ['+', '/', false],
    ['+/+', '/a', true],
    ['/+', '/a', true],
    ['+', '/a', false],
    ['+/+', '/', true],
    ['+/', 'a/', true],
    ['+/', '/', true],
    ['a/+', 'a', false],
    ['a/+', 'a/', true],
    ['a/+/c', 'a//c', true],
    ['a/+/c', 'a/b/c', true],
    ['a/+/c', 'a/b/d', false],
    ['#', 'a', true],
    ['#', 'a/b/c', true],
    ['#', '/', true],
    ['a/#', 'a', true],
    ['a/#', 'a/', true],
    ['a/#', 'a/b/c', true],
    ['a/#', 'ab', false],
    ['a/#', 'b/a', false],
    ['+/#', 'a', true],
    ['+/#', 'a/b', true],
    ['/#', '/', true],
    ['/#', '/a', true],
    ['/#', 'a', false],
    ['a//#', 'a/', true],
    ['a//#', 'a', false],
    ['a/b/#', 'a', false],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['__proto__/+', '__proto__/constructor', true],
    ['ä/+', 'ä/€', true],
  ])('%s against %s: %s [MQTT-4.7.1]', (filter, topic, expected) => {
    expect(matches(filter, topic)).toBe(expected);
  });

  test.each([
    ['#', '$SYS', false],
    ['#', '$SYS/x', false],
    ['+/x', '$SYS/x', false],
    ['+/#', '$SYS/x', false],
    ['$SYS/#', '$SYS/x', true],
    ['$SYS/#', '$SYS', true],
    ['$SYS/+', '$SYS/x', true],
    ['+/$x', 'a/$x', true],
    ['a/#', 'a/$x', true],
  ])('%s against %s: %s [MQTT-4.7.2-1]', (filter, topic, expected) => {
    expect(matches(filter, topic)).toBe(expected);
  });

  test('agrees with a matcher that splits', () => {
    const slow = (filter: string[], topic: string[]): boolean => {
      const [level, ...rest] = filter;
      if (level === '#') return true;
      if (level === undefined || topic.length === 0) return level === undefined && topic.length === 0;
      return (level === '+' || level === topic[0]) && slow(rest, topic.slice(1));
    };
    const level = fc.constantFrom('', 'a', 'b', 'ab', '$a');
    const topics = fc.array(level, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/'));
    const filters = fc
      .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 5 }), fc.boolean())
      .map(([levels, isOpen]) => [...levels, ...(isOpen || levels.length === 0 ? ['#'] : [])].join('/'));
    fc.assert(
      fc.property(filters, topics, (filter, topic) => {
        const isHidden = topic.startsWith('$') && /^[+#]/.test(filter);
        expect(matches(filter, topic)).toBe(!isHidden && slow(filter.split('/'), topic.split('/')));
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('problems of topic names and filters', () => {
  test.each(['a', '/', ' ', 'a/b', '$SYS/a', '$share/g/a', 'ä€😀', '//'])(
    '"%s" is a topic name and a topic filter',
    (text) => {
      expect([topicNameProblem(text), topicFilterProblem(text)]).toEqual([undefined, undefined]);
    },
  );

  test.each([
    ['', 'the topic name is empty'],
    ['a+', 'the topic name contains + or #, which only a topic filter may'],
    ['a/#', 'the topic name contains + or #, which only a topic filter may'],
    ['a\0', 'the topic name holds the character U+0000'],
    ['\ud800', 'it holds half of a surrogate pair, which UTF-8 cannot carry'],
    ['é'.repeat(40_000), 'it takes 80000 bytes; at most 65535 are allowed'],
  ])('a name: %s', (text, problem) => {
    expect(topicNameProblem(text)).toBe(problem);
  });

  test.each([
    ['', 'the topic filter is empty'],
    ['a+', '+ in a topic filter must stand alone in its level'],
    ['#/a', '# in a topic filter must be the last level and stand alone in it'],
    ['\udc00', 'it holds half of a surrogate pair, which UTF-8 cannot carry'],
    ['a'.repeat(65_536), 'it takes 65536 bytes; at most 65535 are allowed'],
    ['$share/g', 'a shared subscription needs a topic filter: $share/NAME/FILTER'],
  ])('a filter: %s', (text, problem) => {
    expect(topicFilterProblem(text)).toBe(problem);
  });
});

test.each([
  ['$share/g/a', { group: 'g', filter: 'a' }],
  ['$share/g/+/#', { group: 'g', filter: '+/#' }],
  ['$share/g//', { group: 'g', filter: '/' }],
  ['$share/g/$share/h/a', { group: 'g', filter: '$share/h/a' }],
  ['$share/g/a\nb', { group: 'g', filter: 'a\nb' }],
  ['$share/g/', undefined],
  ['$share/g', undefined],
  ['$share//a', undefined],
  ['$share/+/a', undefined],
  ['$share/#/a', undefined],
  ['$share', undefined],
  ['$Share/g/a', undefined],
  ['a/$share/g', undefined],
  ['', undefined],
])('%s taken apart [MQTT-4.8.2-1] [MQTT-4.8.2-2]', (filter, expected) => {
  expect(parseSharedFilter(filter)).toEqual(expected);
});
