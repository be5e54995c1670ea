import { describe, expect, test } from 'vitest';
import { authorizedClient, type ClientSketch } from '../../../test/support/authorized-client.ts';
import { accessSchema } from '../schema.ts';
import { createAuthorizer } from './authorizer.ts';
import type { RuleOptions } from './rule-options.ts';

const optionsOf = (rules: readonly RuleOptions[], more: object = {}) => accessSchema.parse({ rules, ...more });
const authorizerOf = (rules: readonly RuleOptions[], more: object = {}) => createAuthorizer(optionsOf(rules, more));

function mayPublish(rules: readonly RuleOptions[], sketch: ClientSketch, topic: string, more: object = {}): boolean {
  const request = { topic, qos: 0, isRetained: false } as const;
  return authorizerOf(rules, more).publish(authorizedClient(sketch), request) === undefined;
}

const maySubscribe = (rules: readonly RuleOptions[], sketch: ClientSketch, filter: string): boolean =>
  authorizerOf(rules).subscribe(authorizedClient(sketch), filter, 0) === undefined;

describe('whom a rule is about', () => {
  test.each<[string, RuleOptions, ClientSketch, boolean]>([
    ['a user', { allow: 'all', user: 'ann' }, { user: 'ann' }, true],
    ['another user', { allow: 'all', user: 'ann' }, { user: 'Ann' }, false],
    ['one of several', { allow: 'all', user: ['bob', 'ann'] }, { user: 'ann' }, true],
    ['a look-alike in Cyrillic', { allow: 'all', user: 'ann' }, { user: '\u0430nn' }, false],
    ['the same in another normal form', { allow: 'all', user: 'Zo\u00eb' }, { user: 'Zoe\u0308' }, false],
    ['a user with captures', { allow: 'all', user: 'pump-{site}-{n}' }, { user: 'pump-north-7' }, true],
    ['one that captures nothing', { allow: 'all', user: 'pump-{site}-{n}' }, { user: 'pump--7' }, false],
    ['a client id', { allow: 'all', clientId: ['x', 'c'] }, {}, true],
    ['another client id', { allow: 'all', clientId: 'x' }, {}, false],
    ['user and client id', { allow: 'all', user: 'me', clientId: 'x' }, {}, false],
    ['a group of the configuration', { allow: 'all', group: 'operators' }, { user: 'olga' }, true],
    ['a group of the provider', { allow: 'all', group: 'operators' }, { groups: ['operators'] }, true],
    ['no group of its own', { allow: 'all', group: 'operators' }, { groups: ['other'] }, false],
    ['a listener', { allow: 'all', listener: 'l' }, {}, true],
    ['another listener', { allow: 'all', listener: 'x' }, {}, false],
    ['an address range', { allow: 'all', address: '10.0.0.0/8' }, {}, true],
    ['an address mapped to IPv6', { allow: 'all', address: '10.0.0.0/8' }, { address: '::ffff:10.9.9.9' }, true],
    ['an IPv6 range', { allow: 'all', address: ['10.0.0.0/8', '2001:db8::/32'] }, { address: '2001:db8::7' }, true],
    ['an address beyond', { allow: 'all', address: '10.0.0.0/8' }, { address: '11.0.0.1' }, false],
    ['a certificate', { allow: 'all', certificate: { ou: 'pumps' } }, { certificate: { ou: ['pumps'] } }, true],
    ['another certificate', { allow: 'all', certificate: { ou: 'pumps' } }, { certificate: { ou: ['x'] } }, false],
    ['no certificate', { allow: 'all', certificate: { ou: 'pumps' } }, {}, false],
    ['a claim', { allow: 'all', claim: { site: 'north' } }, { claims: { site: 'north' } }, true],
    ['a claim with a list', { allow: 'all', claim: { site: 'north' } }, { claims: { site: ['x', 'north'] } }, true],
    ['a claim that is a number', { allow: 'all', claim: { level: [3, 4] } }, { claims: { level: 4 } }, true],
    ['another claim', { allow: 'all', claim: { site: 'north' } }, { claims: { site: 'south' } }, false],
    ['no claim', { allow: 'all', claim: { site: 'north' } }, {}, false],
    ['a claim by the name of a method', { allow: 'all', claim: { toString: 'x' } }, { claims: {} }, false],
  ])('%s', (_what, rule, sketch, isAllowed) => {
    expect(mayPublish([rule], sketch, 'a', { groups: { operators: ['olga'] } })).toBe(isAllowed);
  });
});

describe('what stands in topics', () => {
  test.each<[string, string, ClientSketch, string, boolean]>([
    ['the user name', 'u/%u/x', { user: 'ann' }, 'u/ann/x', true],
    ['the client id', 'u/%c', {}, 'u/c', true],
    ['a percent sign', '%%u', {}, '%u', true],
    ['text beside it', 'dev-%c/#', {}, 'dev-c/x', true],
    ['a field of the certificate', 'd/${cert.cn}', { certificate: { cn: ['x'] } }, 'd/x', true],
    ['the first of two common names', 'd/${cert.cn}', { certificate: { cn: ['x', 'y'] } }, 'd/x', false],
    ['a claim', 'd/${claim.site}', { claims: { site: 'north' } }, 'd/north', true],
    ['each of a claim', 'd/${claim.site}', { claims: { site: ['north', 'south'] } }, 'd/south', true],
    ['a claim that is missing', 'd/${claim.site}', {}, 'd/', false],
    ['a client id with +', 'u/%c', { clientId: '+' }, 'u/x', false],
    ['a client id with + as it is', 'u/%c', { clientId: '+' }, 'u/+', false],
    ['a client id with #', 'u/%c/x', { clientId: '#' }, 'u/y/x', false],
    ['a client id with /', 'u/%c', { clientId: 'a/b' }, 'u/a/b', false],
    ['a user name with NUL', 'u/%u', { user: 'a\0' }, 'u/a\0', false],
    ['a user name with a control character', 'u/%u', { user: 'a\u0007' }, 'u/a\u0007', false],
    ['a user name that is $SYS', '%u/#', { user: '$SYS' }, '$SYS/x', false],
    ['a user name with $ behind text', 'a%u', { user: '$x' }, 'a$x', true],
    ['a look-alike', 'u/%u', { user: 'ann' }, 'u/\u0430nn', false],
    ['an empty level', 'u/%u', { user: 'ann' }, 'u//ann', false],
    ['a trailing level', 'u/%u', { user: 'ann' }, 'u/ann/', false],
  ])('%s', (_what, pattern, sketch, topic, isAllowed) => {
    expect(mayPublish([{ allow: 'publish', topics: [pattern] }], sketch, topic)).toBe(isAllowed);
  });

  test('captures of user name and client id', () => {
    const rule = { user: 'pump-{site}-{n}', clientId: '{zone}.{x}', topics: ['s/{site}/{zone}/{n}'] };
    const sketch = { user: 'pump-north-7', clientId: 'a.b' };
    expect(mayPublish([{ allow: 'publish', ...rule }], sketch, 's/north/a/7')).toBe(true);
    expect(mayPublish([{ allow: 'publish', ...rule }], sketch, 's/north/b/7')).toBe(false);
  });

  test('a rule that denies takes away all that a value may stand for which cannot stand in a topic', () => {
    const rules: RuleOptions[] = [{ deny: 'all', topics: ['u/%c/secret'] }, { allow: 'all' }];
    expect(mayPublish(rules, { clientId: 'x' }, 'u/x/secret')).toBe(false);
    expect(mayPublish(rules, { clientId: 'x' }, 'u/y/secret')).toBe(true);
    for (const topic of ['u/a/b/secret', 'u/a', 'u/anything/else'])
      expect(mayPublish(rules, { clientId: 'a/b' }, topic)).toBe(false);
    expect(mayPublish(rules, { clientId: 'a/b' }, 'v/a/b/secret')).toBe(true);
    expect(maySubscribe(rules, { clientId: 'a/b' }, 'v/#')).toBe(true);
    expect(maySubscribe(rules, { clientId: 'a/b' }, '+/a')).toBe(false);
  });
});

test('of a client that is gone rules that ask for what nobody knows deny, and allow nothing', () => {
  const gone = { isGone: true };
  for (const condition of [
    { listener: 'l' },
    { address: '10.0.0.0/8' },
    { certificate: { cn: 'x' } },
    { claim: { a: 1 } },
    { group: 'g' },
  ]) {
    expect(mayPublish([{ allow: 'all', ...condition }], gone, 'a')).toBe(false);
    expect(mayPublish([{ deny: 'all', ...condition }, { allow: 'all' }], gone, 'a')).toBe(false);
  }
  expect(mayPublish([{ allow: 'all', user: 'me' }], gone, 'a')).toBe(true);
});

test('the first rule that fits decides, by QoS and retain as well, and where none does it is denied', () => {
  const authorizer = authorizerOf([
    { deny: 'publish', topics: ['a/#'], retain: true },
    { allow: 'publish', topics: ['a/#'], qos: [0, 1] },
  ]);
  const may = (topic: string, qos: 0 | 1 | 2, isRetained: boolean): boolean =>
    authorizer.publish(authorizedClient(), { topic, qos, isRetained }) === undefined;
  expect([may('a', 0, false), may('a/b', 1, false), may('a', 2, false), may('a', 1, true), may('b', 0, false)]).toEqual(
    [true, true, false, false, false],
  );
});

test.each<[string, boolean, ...RuleOptions[]]>([
  ['a/+', true, { allow: 'subscribe', topics: ['a/#'] }],
  ['a/#', false, { allow: 'subscribe', topics: ['a/+'] }],
  ['#', true, { allow: 'subscribe', topics: ['+/#'] }, { deny: 'all', topics: ['a/b'] }, { allow: 'all' }],
  ['#', false, { deny: 'subscribe', topics: ['secret/#'] }, { allow: 'all' }],
  ['+/+', false, { deny: 'subscribe', topics: ['secret/#'] }, { allow: 'all' }],
  ['$share/g/#', false, { deny: 'subscribe', topics: ['secret/#'] }, { allow: 'all' }],
  ['$share/g/open/#', true, { deny: 'subscribe', topics: ['secret/#'] }, { allow: 'all' }],
  ['a/#', true, { allow: 'subscribe', topics: ['a', 'a/+/#'] }],
  ['a/#', false, { allow: 'subscribe', topics: ['a/+/#'] }],
  ['secret/x', false, { deny: 'subscribe', topics: ['+/x'] }, { allow: 'subscribe', topics: ['secret/#'] }],
  ['#', true, { allow: 'subscribe', topics: ['secret/mine'] }, { allow: 'all' }],
  ['+/mine', true, { allow: 'subscribe', topics: ['+/mine'] }, { deny: 'all', topics: ['secret/#'] }],
  ['$SYS/#', false, { allow: 'all' }],
  ['$SYS/#', true, { allow: 'all', topics: ['$SYS/#'] }],
  ['#', true, { deny: 'all', topics: ['$SYS/#'] }, { allow: 'all' }],
])('a subscription to %s is allowed: %s, by %j', (filter, isAllowed, ...rules) => {
  expect(maySubscribe(rules, {}, filter)).toBe(isAllowed);
});

test("what is the broker's own no rule gives away, and to ask for a certificate takes none but may be denied", () => {
  const all: RuleOptions[] = [{ allow: 'all', topics: ['#', '$SYS/#', '$pki/#'] }];
  expect(mayPublish(all, {}, '$SYS/x')).toBe(false);
  expect(maySubscribe(all, {}, '$pki/enroll/response/other')).toBe(false);
  const little: RuleOptions[] = [{ allow: 'publish', topics: ['a'] }];
  expect(mayPublish(little, {}, '$pki/enroll')).toBe(true);
  expect(maySubscribe(little, {}, '$pki/enroll/response/c')).toBe(true);
  const denied: RuleOptions[] = [{ deny: 'all', topics: ['$pki/#'] }, ...little];
  expect(mayPublish(denied, {}, '$pki/enroll')).toBe(false);
  expect(maySubscribe(denied, {}, '$pki/enroll/response/c')).toBe(false);
});

test('receive is asked where a rule denies it, and not at all elsewhere', () => {
  expect(authorizerOf([]).receive).toBeUndefined();
  expect(authorizerOf([{ allow: 'all' }]).receive).toBeUndefined();
  const authorizer = authorizerOf([
    { allow: 'receive', topics: ['a/mine'] },
    { deny: 'receive', topics: ['a/#'] },
  ]);
  const may = (topic: string): boolean => authorizer.receive?.(authorizedClient(), topic) === undefined;
  expect([may('a/mine'), may('a/other'), may('b')]).toEqual([true, false, true]);
});

test('other rules count from their commit on, under another generation; the same again are no change', async () => {
  const authorizer = authorizerOf([{ allow: 'all' }]);
  const client = authorizedClient();
  const may = (): boolean => authorizer.publish(client, { topic: 'a', qos: 0, isRetained: false }) === undefined;
  const none = AbortSignal.timeout(1_000);
  await authorizer.prepare(optionsOf([{ allow: 'all' }], { denied: { before5: 'drop' } })).commit(none);
  expect([authorizer.generation, authorizer.before5, may()]).toEqual([0, 'drop', true]);
  const prepared = authorizer.prepare(optionsOf([{ allow: 'all', user: 'other' }]));
  expect(may()).toBe(true);
  await prepared.commit(none);
  expect([authorizer.generation, authorizer.before5, may()]).toEqual([1, 'disconnect', false]);
  await authorizer.prepare(optionsOf([])).commit(none);
  expect([authorizer.generation, may()]).toEqual([2, true]);
});

test.each<[object, (string | number)[], string]>([
  [{ topics: ['a'] }, [], 'a rule has one of allow and deny'],
  [{ allow: 'all', deny: 'all' }, [], 'a rule has one of allow and deny'],
  [{ allow: 'all', qos: [0] }, ['qos'], 'qos and retain are about what is published'],
  [{ allow: 'all', topics: ['a', 'a/#/b'] }, ['topics', 1], '"a/#/b"'],
  [{ allow: 'all', topics: ['$share/g/a'] }, ['topics', 0], 'leave out $share'],
  [{ allow: 'all', topics: ['a/{site}'] }, ['topics', 0], 'captures {site}'],
  [{ allow: 'all', topics: ['a/${cert.x}'] }, ['topics', 0], '${cert.x} is nothing'],
  [{ allow: 'all', topics: ['a/+%u'] }, ['topics', 0], '+'],
  [{ allow: 'all', user: ['a', 'b{'] }, ['user', 1], 'a brace is not closed'],
  [{ allow: 'all', user: '{a}{b}' }, ['user'], 'two captures touch'],
  [{ allow: 'all', user: ['x-{a}', 'y-{b}'] }, ['user', 1], 'captures other names'],
  [{ allow: 'all', user: '{a}', clientId: '{a}' }, ['clientId'], 'captured by user as well'],
  [{ allow: 'all', address: ['10.0.0.0/8', '10.0.0.0/33'] }, ['address', 1], 'no address range'],
])('%j is refused at %j: %s', (rule, path, message) => {
  const issues = accessSchema.safeParse({ rules: [rule] }).error?.issues ?? [];
  expect(issues).toHaveLength(1);
  expect(issues[0]?.path).toEqual(['rules', 0, ...path]);
  expect(issues[0]?.message).toContain(message);
});

test('the bridge is a client on the listener nats, each of its rules by its name as client id', () => {
  const authorizer = authorizerOf([
    { deny: 'all', listener: 'nats', topics: ['secret/#'] },
    { allow: 'all', listener: 'nats', clientId: 'signal', topics: ['signal/#'] },
    { allow: 'subscribe', listener: 'nats', topics: ['up/#'] },
  ]);
  const may = (rule: string, topic: string): boolean[] => {
    const { mayPublish, mayTake } = authorizer.guard(rule);
    return [mayPublish({ topic, qos: 0, isRetained: false }), mayTake(topic)];
  };
  expect(may('signal', 'signal/a')).toEqual([true, true]);
  expect(may('other', 'signal/a')).toEqual([false, false]);
  expect(may('other', 'up/a')).toEqual([false, true]);
  expect(may('signal', 'secret/a')).toEqual([false, false]);
  const { mayPublish, mayTake } = authorizerOf([]).guard('any');
  expect([mayPublish({ topic: 'a', qos: 0, isRetained: false }), mayTake('a')]).toEqual([true, true]);
});

test('a filter that would take long to judge is refused in bounded time', () => {
  const rules: RuleOptions[] = Array.from({ length: 500 }, (_, index) => ({
    deny: 'all' as const,
    topics: [`+/+/+/${index}/+/x`, `a/${index}/+/+/y`],
  }));
  expect(maySubscribe([...rules, { allow: 'all' }], {}, '+/+/+/+/+/z')).toBe(false);
});

describe('NATS clients of the hub', () => {
  const rules: readonly RuleOptions[] = [
    { deny: 'all', topics: ['a/secret/#'] },
    { allow: 'publish', topics: ['mqtt/#'] },
    { allow: ['publish', 'subscribe'], listener: 'hub', user: 'ann', topics: ['a/#', 'u/%u'] },
    { allow: 'all', listener: ['l', 'hub'], topics: ['both/#'] },
    { deny: 'receive', listener: 'hub', topics: ['a/late'] },
  ];
  const ann = authorizedClient({ user: 'ann', listener: 'hub' });
  const bob = authorizedClient({ user: 'bob', listener: 'hub' });

  test('have the rules that name their listener, and none else', () => {
    const { hub } = authorizerOf(rules);
    const may = (topic: string) => [hub.publish(ann, topic), hub.publish(bob, topic)].map((why) => why === undefined);
    expect(may('a/secret/x')).toEqual([true, false]);
    expect(may('both/x')).toEqual([true, true]);
    expect(may('mqtt/x')).toEqual([false, false]);
    expect(hub.subscribe(ann, 'a/#')).toBeUndefined();
    expect(hub.subscribe(ann, '#')).toBe('it may not subscribe to "#"');
    expect(hub.receive?.(ann, 'a/late')).toBe('it may not receive "a/late"');
    expect(hub.receive?.(ann, 'a/b')).toBeUndefined();
  });

  test('do nothing where rules speak of others alone, and everything where there are none', () => {
    const { hub } = authorizerOf([{ allow: 'all' }]);
    expect([hub.publish(ann, 'a'), hub.subscribe(ann, 'a'), hub.receive]).toEqual([
      'it may not publish to "a"',
      'it may not subscribe to "a"',
      undefined,
    ]);
    const asking = authorizerOf([], { http: { authorize: { url: 'http://127.0.0.1:1/' } } }).hub; // of nobody on the hub
    expect([asking.publish(ann, 'a'), asking.subscribe(ann, 'a')]).toEqual([
      'it may not publish to "a"',
      'it may not subscribe to "a"',
    ]);
    const open = authorizerOf([]).hub;
    expect([open.publish(ann, 'a'), open.subscribe(ann, '#')]).toEqual([undefined, undefined]);
  });

  test('have rules that are none of MQTT clients, also of one whose listener nobody knows any more', () => {
    const denies: readonly RuleOptions[] = [{ deny: 'all', listener: 'hub' }, { allow: 'all' }];
    expect(mayPublish(denies, { isGone: true }, 'a')).toBe(true);
    expect(mayPublish([{ allow: 'all', listener: 'hub' }], {}, 'a')).toBe(false);
  });

  test('get other rules when those of the configuration change', () => {
    const authorizer = authorizerOf(rules);
    const { generation } = authorizer.hub;
    void authorizer.prepare(optionsOf([{ allow: 'all', listener: 'hub' }])).commit(new AbortController().signal);
    expect(authorizer.hub.generation).toBe(generation + 1);
    expect(authorizer.hub.publish(bob, 'a/secret/x')).toBeUndefined();
  });
});
