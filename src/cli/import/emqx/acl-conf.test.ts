import { expect, test } from 'vitest';
import { rulesSchema } from '../../../auth/rules/schema.ts';
import { importAclConf } from './acl-conf.ts';

/** As EMQX 5 installs it. */
const installed = `{allow, {username, {re, "^dashboard$"}}, subscribe, ["$SYS/#"]}.

{allow, {ipaddr, "127.0.0.1"}, all, ["$SYS/#", "#"]}.

{deny, all, subscribe, ["$SYS/#", {eq, "#"}, {eq, "+/#"}]}.

{allow, all}.
`;

test('the file that EMQX installs becomes rules, and says what is not the same', () => {
  const { rules, notes } = importAclConf('acl.conf', installed);
  const reading = ['subscribe', 'receive'];
  expect(rules).toEqual([
    { allow: reading, user: 'dashboard', topics: ['$SYS/#'] },
    { allow: 'all', address: ['127.0.0.1'], topics: ['$SYS/#', '#'] },
    { deny: reading, topics: ['$SYS/#'] },
    { allow: 'all' },
  ]);
  expect(rulesSchema.safeParse(rules).success).toBe(true);
  expect(notes.map(({ line, outcome }) => [line, outcome])).toEqual([
    [1, 'taken'],
    [3, 'taken'],
    [5, 'differs'],
    [7, 'taken'],
  ]);
});

test.each<[string, unknown]>([
  [
    '{allow, {user, "a"}, publish, ["x/${username}/${clientid}/%u%c"]}',
    { allow: ['publish'], user: 'a', topics: ['x/%u/%c/%u%c'] },
  ],
  [
    '{allow, {client, "c"}, all, ["${cert_common_name}/100%"]}',
    { allow: 'all', clientId: 'c', topics: ['${cert.cn}/100%%'] },
  ],
  [
    '{deny, {ipaddrs, ["10.0.0.0/8", "::1"]}, all, ["a"]}',
    { deny: 'all', address: ['10.0.0.0/8', '::1'], topics: ['a'] },
  ],
  ['{allow, {clientid, {re, "^pump-"}}, all, ["a"]}', { allow: 'all', clientId: 'pump-{rest}', topics: ['a'] }],
  [
    '{allow, {\'and\', [{user, "a"}, {ipaddr, "::1"}]}, all, ["a"]}',
    { allow: 'all', user: 'a', address: ['::1'], topics: ['a'] },
  ],
  [
    '{allow, all, {publish, [{qos, [0, 1]}, {retain, false}]}, ["a"]}',
    { allow: ['publish'], qos: [0, 1], retain: false, topics: ['a'] },
  ],
])('%s.', (source, rule) => {
  const { rules, notes } = importAclConf('acl.conf', `${source}.`);
  expect(rules).toEqual([rule]);
  expect(notes).toEqual([expect.objectContaining({ outcome: 'taken' })]);
  expect(rulesSchema.safeParse(rules).success).toBe(true);
});

test('either of two conditions is two rules', () => {
  const { rules } = importAclConf('acl.conf', '{allow, {\'or\', [{user, "a"}, {client, "b"}]}, all, ["t"]}.');
  expect(rules).toEqual([
    { allow: 'all', user: 'a', topics: ['t'] },
    { allow: 'all', clientId: 'b', topics: ['t'] },
  ]);
});

test.each([
  ['{allow, {username, {re, "(a|b)+"}}, all, ["t"]}', /a regular expression other than/],
  ['{allow, {user, "a{b}"}, all, ["t"]}', /brace/],
  ['{allow, all, all, ["{x}"]}', /brace/],
  ['{allow, all, all, ["${client_attrs.x}/#"]}', /\$\{client_attrs\.x\} has no counterpart/],
  ['{allow, {client_attr, "a", "b"}, all, ["t"]}', /whom it is about has no counterpart/],
  ['{allow, {\'and\', [{user, "a"}, {user, "b"}]}, all, ["t"]}', /two things of the same field/],
  ['{allow, all, {subscribe, [{qos, 1}]}, ["t"]}', /of what is published only/],
  ['{maybe, all}', /a rule is/],
])('%s. is left out, with the reason', (source, reason) => {
  const { rules, notes } = importAclConf('acl.conf', `${source}.`);
  expect(rules).toEqual([]);
  expect(notes).toEqual([
    expect.objectContaining({ outcome: 'left-out', says: expect.stringMatching(reason) as string }),
  ]);
});

test('a file that is none is refused with its line', () => {
  expect(() => importAclConf('acl.conf', '\nallow all')).toThrow('acl.conf:2: "." is missing behind a term');
});
