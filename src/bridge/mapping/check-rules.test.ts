import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cpuMs } from '../../../test/support/cpu-ms.ts';
import { type BridgeRuleOptions, bridgeRuleSchema } from '../schema.ts';
import { checkRules } from './check-rules.ts';
import { defaultCodec } from './codec-options.ts';
import { doubled } from './overlap.ts';
import { isParsed, parseBridgeRule } from './parse-rule.ts';
import { compileRule } from './rule.ts';

type Row = readonly [name: string, topic: string, subject: string, direction?: BridgeRuleOptions['direction']];

const ruleOf = ([name, topic, subject, direction = 'both']: Row): BridgeRuleOptions =>
  bridgeRuleSchema.parse({ name, topic, subject, direction });
const check = (...rows: Row[]) =>
  checkRules(rows.map(ruleOf)).map(({ path, message }) => `${path.slice(2).join('.')}: ${message}`);

describe('rules together', () => {
  test('need names of their own', () => {
    expect(check(['a', 'a', 'a'], ['a', 'b', 'b'])).toEqual([expect.stringMatching(/^1\.name: rule "a"/)]);
  });

  test('must not send one message twice to the same subject', () => {
    expect(check(['a', 'a/#', 'x.>', 'to-nats'], ['b', 'a/+', 'x.*', 'to-nats'])).toEqual([
      '1.subject: rule "b": together with rule "a" it would deliver a message on topic "a/x2" twice to subject "x.x2"; remove one, or give it another subject',
    ]);
    expect(check(['a', 'a/{x}/{y}', 's.{x}', 'to-nats'], ['b', 'a/{x}/{y}', 's.{y}', 'to-nats'])).toHaveLength(1);
    expect(check(['a', 'a/{x}', 's.{x}.b', 'to-nats'], ['b', 'a/#', 's.>', 'to-nats'])).toEqual([]);
  });

  test('must not take one message twice to the same topic', () => {
    expect(check(['a', 'a/#', 'x.>', 'from-nats'], ['b', 'a/+', 'x.*', 'from-nats'])).toEqual([
      expect.stringContaining('a message on subject "x.x2" twice to topic "a/x2"'),
    ]);
  });

  test('may overlap where each goes somewhere else', () => {
    expect(check(['a', 'a/#', 'x.>'], ['b', 'a/+', 'y.*'], ['c', 'c/#', 'x.>'])).toEqual([]);
    expect(check(['a', 'a/#', 'x.>', 'to-nats'], ['b', 'a/#', 'x.>', 'from-nats'])).toEqual([]);
  });

  test('are found to double exactly when some message would be doubled', () => {
    const part = fc.constantFrom('a', 'b', '{x}', '{y}');
    const rules = fc
      .record({
        source: fc.array(part, { maxLength: 2 }),
        target: fc.array(part, { maxLength: 2 }),
        tail: fc.boolean(),
      })
      .map(({ source, target, tail }) => ({
        topic: ['t', ...source, ...(tail ? ['#'] : [])].join('/'),
        subject: ['t', ...target, ...(tail ? ['>'] : [])].join('.'),
      }))
      .filter(({ topic, subject }) => check(['r', topic, subject, 'to-nats']).length === 0);
    const names = ['t'];
    for (let from = 0, depth = 0; depth < 4; depth++) {
      const end = names.length;
      for (; from < end; from++) for (const level of ['a', 'b', 'c', 'd']) names.push(`${names[from]}/${level}`);
    }
    fc.assert(
      fc.property(rules, rules, (a, b) => {
        const [one, other] = [a, b].map(({ topic, subject }) =>
          compileRule(ruleOf(['r', topic, subject, 'to-nats']), defaultCodec),
        );
        const isDoubled = names.some((name) => {
          const subject = one?.toSubject(name);
          const second = other?.toSubject(name);
          return subject?.kind === 'mapped' && second?.kind === 'mapped' && subject.value === second.value;
        });
        const found = check(['a', a.topic, a.subject, 'to-nats'], ['b', b.topic, b.subject, 'to-nats']);
        return found.length === (isDoubled ? 1 : 0);
      }),
      { numRuns: 300 },
    );
  });
});

/** The definition: every pair of rules is looked at. */
function pairwise(rules: readonly BridgeRuleOptions[]): string[] {
  const parsed = rules.map((rule) => parseBridgeRule(rule));
  return parsed.flatMap((late, index) =>
    parsed.slice(0, index).flatMap((early, earlyIndex) => {
      if (!isParsed(late) || !isParsed(early)) return [];
      const sent =
        early.isSending &&
        late.isSending &&
        doubled(
          { source: early.topic, target: early.subject },
          { source: late.topic, target: late.subject },
          defaultCodec,
        );
      const taken =
        early.isReceiving &&
        late.isReceiving &&
        doubled(
          { source: early.subject, target: early.topic },
          { source: late.subject, target: late.topic },
          defaultCodec,
        );
      return sent || taken ? [`${index} with ${rules[earlyIndex]?.name}`] : [];
    }),
  );
}

describe('the index of rules', () => {
  const part = fc.constantFrom('a', 'b', '', 'a.b', '{x}', '{y}');
  const row = fc
    .record({
      first: fc.constantFrom('t', 'u'),
      topic: fc.array(part, { maxLength: 3 }),
      subject: fc.array(fc.constantFrom('a', 'b', '/', 'a//b', '{x}', '{y}'), { maxLength: 3 }),
      isOpen: fc.boolean(),
      direction: fc.constantFrom('both', 'to-nats', 'from-nats'),
    })
    .map(({ first, topic, subject, isOpen, direction }) => ({
      topic: [first, ...topic, ...(isOpen ? ['#'] : [])].join('/'),
      subject: [first, ...subject, ...(isOpen ? ['>'] : [])].join('.'),
      direction,
    }))
    .filter(({ topic, subject, direction }) => check(['r', topic, subject, direction]).length === 0);

  test('finds exactly the pairs that looking at every pair finds', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 2, maxLength: 12 }), (rows) => {
        const rules = rows.map(({ topic, subject, direction }, index) =>
          ruleOf([`r${index}`, topic, subject, direction]),
        );
        const found = checkRules(rules).map(
          ({ path, message }) => `${path[2]} with ${/together with rule "(\w+)"/.exec(message)?.[1]}`,
        );
        expect(found).toEqual(pairwise(rules));
      }),
      { numRuns: 500 },
    );
  });

  test('tells a hundred pairs of very many, and that there may be more', () => {
    const found = check(...Array.from({ length: 3_000 }, (_, index): Row => [`r${index}`, 'a/#', 'a.>']));
    expect(found).toHaveLength(101);
    expect(found.at(-1)).toContain('100 pairs of rules');
  });

  test.each<[string, (index: number) => Row]>([
    ['a site each', (n) => [`r${n}`, `plants/p${n}/{x}/{rest...}`, `plants.p${n}.{x}.{rest...}`]],
    ['one source', (n) => [`r${n}`, 'up/{x}/{rest...}', `t${n}.{x}.{rest...}`, 'to-nats']],
    ['one target', (n) => [`r${n}`, `t${n}/{x}/{rest...}`, 'up.{x}.{rest...}', 'to-nats']],
    ['the difference last', (n) => [`r${n}`, `up/+/+/+/k${n}`, `up.*.*.*.k${n}`]],
    [
      'captures beside texts',
      (n) =>
        n % 2 === 0
          ? [`r${n}`, `up/s${n}/{x}`, `s.s${n}.{x}`, 'to-nats']
          : [`r${n}`, `up/{x}/a${n}`, `a.{x}.a${n}`, 'to-nats'],
    ],
  ])('looks at a few pairs for each of 10,000 rules: %s', (_, row) => {
    const rules = Array.from({ length: 10_000 }, (_, index) => ruleOf(row(index)));
    const seconds = (count: number): number => {
      const begun = cpuMs();
      expect(checkRules(rules.slice(0, count))).toEqual([]);
      return (cpuMs() - begun) / 1_000;
    };
    seconds(2_000);
    // ten times the rules: 10 for a linear check, 100 for one that looks at every pair
    expect(seconds(10_000)).toBeLessThan(40 * seconds(1_000) + 0.5);
  });
});
