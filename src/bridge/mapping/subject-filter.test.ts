import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matches } from '../../mqtt/topic.ts';
import { subjectToTopic } from './codec.ts';
import { codecOptions, defaultCodec } from './codec-options.ts';
import { subjectToFilter } from './subject-filter.ts';

const filterOf = (subject: string): string => {
  const found = subjectToFilter(subject, defaultCodec);
  return found.kind === 'mapped' ? found.value : `! ${found.reason}`;
};

test.each([
  ['a.b', 'a/b'],
  ['a.*.c', 'a/+/c'],
  ['a.>', 'a/#'],
  ['>', '#'],
  ['*', '+'],
  ['a//b.*', 'a.b/+'],
  ['/.*', '/+'],
  ['a./x2A', 'a/*'],
  ['$SYS.>', '$SYS/#'],
  ['a.>.b', '! invalid-filter'],
  ['a..b', '! empty-token'],
  ['a.b+c', '! mqtt-wildcard'],
  ['a.#', '! mqtt-wildcard'],
  ['a/b.>', '! lone-slash'],
  ['', '! empty-token'],
  [Array.from({ length: 1_025 }, () => 'a').join('.'), '! too-many-levels'],
])('%s is asked for as %s', (subject, filter) => {
  expect(filterOf(subject)).toBe(filter);
});

/** As nats-server matches. */
function isMatch(pattern: readonly string[], tokens: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return tokens.length === 0;
  if (tokens.length === 0) return false;
  if (first === '>' && rest.length === 0) return true;
  return (first === '*' || first === tokens[0]) && isMatch(rest, tokens.slice(1));
}

test('no subject that a wildcard brings has a topic that the filter does not match, but for those that begin with $', () => {
  const token = fc.constantFrom('a', 'b', '/', 'a/', 'a//b', '//', '/x2A', '/x20', '$x', '*a', 'ä');
  const wild = fc.oneof({ weight: 2, arbitrary: token }, fc.constantFrom('*', '>'));
  const codec = fc.constantFrom(
    defaultCodec,
    codecOptions({ compat: 'nats-2.9', special: 'escape' }),
    codecOptions({ compat: 'emqx-gateway', special: 'refuse' }),
  );
  fc.assert(
    fc.property(
      fc.array(wild, { minLength: 1, maxLength: 4 }),
      fc.array(token, { minLength: 1, maxLength: 4 }),
      codec,
      (pattern, subject, options) => {
        const topic = subjectToTopic(subject.join('.'), options);
        const filter = subjectToFilter(pattern.join('.'), options);
        fc.pre(topic.kind === 'mapped' && filter.kind === 'mapped' && isMatch(pattern, subject));
        if (topic.kind !== 'mapped' || filter.kind !== 'mapped') return;
        const isOwn = topic.value.startsWith('$') && /^[*>]$/.test(pattern[0] ?? '');
        expect(matches(filter.value, topic.value)).toBe(!isOwn);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('without wildcards it is the topic', () => {
  const subject = fc.array(fc.constantFrom('a', '/', 'a//b', '/x20', '$x', 'a+'), { minLength: 1 });
  fc.assert(
    fc.property(subject, (tokens) => {
      const text = tokens.join('.');
      const topic = subjectToTopic(text);
      fc.pre(topic.kind === 'mapped');
      expect(topic).toEqual(subjectToFilter(text, defaultCodec));
    }),
  );
});
