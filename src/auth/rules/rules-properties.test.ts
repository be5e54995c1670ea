import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AuthorizedClient } from '../../broker/ports.ts';
import { matches } from '../../mqtt/topic.ts';
import { factsOf } from './client-facts.ts';
import { uncoveredBy } from './filter-cover.ts';
import type { RuleOptions } from './rule-options.ts';
import { RuleSet } from './rule-set.ts';
import { firstEnding } from './topic-verdict.ts';

// what rules and filters are made of; `z` stands in no rule, for all other text
const named = ['', 'a', 'b', '$x', 'me'];
const topics = topicsOf([...named, 'z'], 4).filter((topic) => topic !== '');

function topicsOf(levels: readonly string[], depth: number): string[] {
  if (depth === 1) return [...levels];
  const shorter = topicsOf(levels, depth - 1);
  return [...levels, ...levels.flatMap((level) => shorter.map((topic) => `${level}/${topic}`))];
}

const filterOf = (level: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(fc.array(fc.oneof({ weight: 3, arbitrary: level }, fc.constant('+')), { maxLength: 3 }), fc.boolean())
    .map(([levels, isOpen]) => [...levels, ...(isOpen ? ['#'] : [])].join('/'))
    .filter((filter) => filter !== '');
const filter = filterOf(fc.constantFrom(...named));
const pattern = filterOf(fc.constantFrom(...named, '%u'));

const rule = fc
  .record({
    isAllowing: fc.boolean(),
    topics: fc.array(pattern, { minLength: 1, maxLength: 3 }),
    user: fc.constantFrom(undefined, 'me', 'other', ['other', 'me']),
  })
  .map(
    ({ isAllowing, topics: about, user }): RuleOptions => ({
      ...(isAllowing ? { allow: 'all' } : { deny: 'all' }),
      topics: about,
      ...(user === undefined ? {} : { user }),
    }),
  );
const rules = fc.array(rule, { maxLength: 6 });

const me: AuthorizedClient = {
  clientId: 'c',
  principal: 'me',
  trust: 'test',
  peer: { listener: 'l', protocol: 'mqtt', address: '127.0.0.1', port: 1, tls: undefined },
  attributes: undefined,
};

/** The first rule that fits, one by one. */
const ruleFor = (list: readonly RuleOptions[], topic: string): RuleOptions | undefined =>
  list.find(
    ({ user, topics: about = ['#'] }) =>
      (user === undefined || user === 'me' || user.includes('me')) &&
      user !== 'other' &&
      about.some((each) => matches(each.replaceAll('%u', 'me'), topic)),
  );
const isAllowed = (list: readonly RuleOptions[], topic: string): boolean => ruleFor(list, topic)?.allow !== undefined;

const about = (list: readonly RuleOptions[]) => new RuleSet({ rules: list, groups: {} }).about(factsOf(me));

test('of a topic the first rule that fits decides, as if each was looked at in its turn', () => {
  fc.assert(
    fc.property(rules, fc.constantFrom(...topics), (list, topic) => {
      expect(firstEnding(about(list).publish, topic)?.isAllowing === true).toBe(isAllowed(list, topic));
    }),
    { numRuns: 2_000 },
  );
});

test('a filter is allowed where each topic is that it can match, found out by trying all [MQTT-4.7.1-2] [MQTT-4.7.2-1]', () => {
  let allowed = 0;
  fc.assert(
    fc.property(rules, filter, (list, wanted) => {
      const forbidden = topics.filter((topic) => matches(wanted, topic) && !isAllowed(list, topic));
      const found = uncoveredBy(about(list).subscribe, wanted);
      if (found === undefined) allowed += 1;
      expect(found === undefined).toBe(forbidden.length === 0);
      expect(found === undefined || (matches(wanted, found) && !isAllowed(list, found))).toBe(true);
    }),
    { numRuns: 3_000 },
  );
  expect(allowed).toBeGreaterThan(100);
});

test('a filter is asked about elsewhere where a rule speaks for none or a part of its topics, and denies none of them', () => {
  let open = 0;
  fc.assert(
    fc.property(rules, filter, (list, wanted) => {
      const denied = topics.filter((topic) => matches(wanted, topic) && ruleFor(list, topic)?.deny !== undefined);
      const found = uncoveredBy(about(list).subscribe, wanted, 'allowed');
      if (found === undefined && uncoveredBy(about(list).subscribe, wanted) !== undefined) open += 1;
      expect(found === undefined).toBe(denied.length === 0);
    }),
    { numRuns: 3_000 },
  );
  expect(open).toBeGreaterThan(100);
});
