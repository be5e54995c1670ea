import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SubjectInterest, Sublist } from './sublist.ts';

const interest = (subject: string, queue?: string): SubjectInterest => ({ subject, queue });

/** The plain definition; the sublist is the fast one. */
function matchesSubject(pattern: string, subject: string): boolean {
  const expected = pattern.split('.');
  const actual = subject.split('.');
  if (actual.includes('')) return false;
  for (const [index, token] of expected.entries()) {
    if (token === '>') return actual.length > index;
    if (index >= actual.length || (token !== '*' && token !== actual[index])) return false;
  }
  return expected.length === actual.length;
}

test.each([
  ['a.b', 'a.b', true],
  ['a.b', 'a.b.c', false],
  ['a.b.c', 'a.b', false],
  ['a.*', 'a.b', true],
  ['a.*', 'a', false],
  ['a.*', 'a.b.c', false],
  ['a.>', 'a.b.c', true],
  ['a.>', 'a', false],
  ['>', 'a', true],
  ['*', 'a.b', false],
  ['>', 'a..b', false],
  ['a.*', 'a.*', true],
  ['$SYS.>', '$SYS.x', true],
  ['>', '$SYS.x', true],
])('%s gets %s: %s', (pattern, subject, expected) => {
  const list = new Sublist();
  list.insert(interest(pattern));
  expect(list.match(subject).plain).toHaveLength(expected ? 1 : 0);
  expect(matchesSubject(pattern, subject)).toBe(expected);
});

test('every plain subscription that matches gets the message', () => {
  const list = new Sublist();
  const [one, two, three] = [interest('a.b'), interest('a.*'), interest('b')];
  for (const each of [one, two, three]) list.insert(each);
  expect(new Set(list.match('a.b').plain)).toEqual(new Set([one, two]));
  expect(list.match('c').plain).toEqual([]);
});

test('members of one queue form one group, also across subjects', () => {
  const list = new Sublist();
  const members = [interest('a.b', 'q'), interest('a.*', 'q'), interest('>', 'q')];
  for (const member of members) list.insert(member);
  list.insert(interest('a.b', 'other'));
  const { plain, queues } = list.match('a.b');
  expect(plain).toEqual([]);
  expect(queues.map((group) => group.length).toSorted((a, b) => a - b)).toEqual([1, 3]);
});

test('a match that was handed out does not change with the subscriptions', () => {
  const list = new Sublist();
  const one = interest('a');
  list.insert(one);
  const before = list.match('a');
  list.remove(one);
  expect(before.plain).toEqual([one]);
  expect(list.match('a').plain).toEqual([]);
});

test('removing what is not there changes nothing', () => {
  const list = new Sublist();
  list.insert(interest('a.b'));
  const { generation } = list;
  for (const stranger of [interest('a.b'), interest('a'), interest('a.b', 'q'), interest('x.y')])
    expect(list.remove(stranger)).toBe(false);
  expect([list.size, list.generation]).toEqual([1, generation]);
});

test('the cache is bounded', () => {
  const list = new Sublist();
  for (let index = 0; index < 20_000; index++) list.match(`a.${index}`);
  expect(list.cachedSubjects).toBeLessThanOrEqual(8_192);
  const { cachedSubjects } = list;
  list.match('x'.repeat(1_000));
  expect(list.cachedSubjects).toBe(cachedSubjects);
});

test('a hundred thousand subscribers of one subject are found', () => {
  const list = new Sublist();
  for (let index = 0; index < 100_000; index++) list.insert(interest('a', index % 2 === 0 ? 'q' : undefined));
  expect(list.match('a').plain).toHaveLength(50_000);
  expect(list.match('a').queues[0]).toHaveLength(50_000);
});

test('whatever is added and removed, a match is what the definition says', () => {
  const token = fc.constantFrom('a', 'b', 'c', 'a*');
  const subject = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join('.'));
  const pattern = fc
    .tuple(fc.array(fc.oneof(token, fc.constant('*')), { maxLength: 3 }), fc.oneof(token, fc.constantFrom('*', '>')))
    .map(([tokens, last]) => [...tokens, last].join('.'));
  const step = fc.oneof(
    fc.record({ add: pattern, queue: fc.option(fc.constantFrom('q', 'r'), { nil: undefined }) }),
    fc.record({ remove: fc.nat() }),
    fc.record({ match: subject }),
  );
  /** Queue by queue, the plain ones under ''. */
  const grouped = (interests: readonly SubjectInterest[]): Map<string, Set<SubjectInterest>> => {
    const groups = new Map<string, Set<SubjectInterest>>();
    for (const each of interests) groups.set(each.queue ?? '', (groups.get(each.queue ?? '') ?? new Set()).add(each));
    return groups;
  };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const list = new Sublist();
      const model: SubjectInterest[] = [];
      const [found, expected]: [unknown[], unknown[]] = [[], []];
      for (const each of steps) {
        if ('add' in each) {
          const added = interest(each.add, each.queue);
          model.push(added);
          list.insert(added);
        } else if ('remove' in each) {
          const removed = model.splice(each.remove % Math.max(1, model.length), 1);
          found.push(removed.map((one) => list.remove(one)));
          expected.push(removed.map(() => true));
        } else {
          const { plain, queues } = list.match(each.match);
          found.push(grouped([...plain, ...queues.flat()]), queues.length);
          const matching = grouped(model.filter((one) => matchesSubject(one.subject, each.match)));
          expected.push(matching, matching.size - (matching.has('') ? 1 : 0));
        }
        found.push(list.size);
        expected.push(model.length);
      }
      expect(found).toEqual(expected);
    }),
  );
});
