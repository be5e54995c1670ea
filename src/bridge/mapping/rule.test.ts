import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../kernel/errors.ts';
import { type BridgeRuleOptions, bridgeRuleSchema } from '../schema.ts';
import { checkRules } from './check-rules.ts';
import { defaultCodec } from './codec-options.ts';
import { type CompiledRule, compileRule } from './rule.ts';

const options = (topic: string, subject: string, more: object = {}): BridgeRuleOptions =>
  bridgeRuleSchema.parse({ name: 'r', topic, subject, ...more });
const rule = (topic: string, subject: string, more: object = {}): CompiledRule =>
  compileRule(options(topic, subject, more), defaultCodec);
const toSubject = (compiled: CompiledRule, topic: string) => {
  const mapped = compiled.toSubject(topic);
  return mapped?.kind === 'mapped' ? mapped.value : mapped?.reason;
};
const toTopic = (compiled: CompiledRule, subject: string) => {
  const mapped = compiled.toTopic(subject);
  return mapped?.kind === 'mapped' ? mapped.value : mapped?.reason;
};
const problems = (topic: string, subject: string, more: object = {}) =>
  checkRules([options(topic, subject, more)]).map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('a rule', () => {
  test('with # and > carries everything below, and the parent (MQTT-4.7.1-1)', () => {
    const signal = rule('signal/#', 'signal.>');
    expect(signal.topicFilter).toBe('signal/#');
    expect(signal.subjectFilters).toEqual(['signal.>', 'signal']);
    for (const [topic, subject] of [
      ['signal/room/1', 'signal.room.1'],
      ['signal', 'signal'],
      ['signal/', 'signal./'],
      ['signal//a.b', 'signal./.a//b'],
      ['signal/a b', 'signal.a/x20b'],
      ['signal/>', 'signal./x3E'],
    ] as const) {
      expect(toSubject(signal, topic)).toBe(subject);
      expect(toTopic(signal, subject)).toBe(topic);
    }
    expect(toSubject(signal, 'signals/a')).toBeUndefined();
    expect(toTopic(signal, 'signals.a')).toBeUndefined();
  });

  test('pairs wildcards by their position', () => {
    const positional = rule('a/+/b/#', 'x.*.y.>');
    expect(positional.subjectFilters).toEqual(['x.*.y.>', 'x.*.y']);
    expect(toSubject(positional, 'a/1/b/2/3')).toBe('x.1.y.2.3');
    expect(toTopic(positional, 'x.1.y.2.3')).toBe('a/1/b/2/3');
    expect(toTopic(positional, 'x.1.y')).toBe('a/1/b');
    const numbered = rule('devices/+/up', 'iot.{1}.up');
    expect(toSubject(numbered, 'devices/d 7/up')).toBe('iot.d/x207.up');
    expect(toTopic(numbered, 'iot.d/x207.up')).toBe('devices/d 7/up');
  });

  test('carries captures by name, in any order', () => {
    const plants = rule('plants/{site}/up/{rest...}', 'plants.{site}.{rest...}');
    expect(plants.topicFilter).toBe('plants/+/up/#');
    expect(plants.subjectFilters).toEqual(['plants.*.>', 'plants.*']);
    expect(toSubject(plants, 'plants/s 1/up/a/b')).toBe('plants.s/x201.a.b');
    expect(toTopic(plants, 'plants.s/x201.a.b')).toBe('plants/s 1/up/a/b');
    expect(toSubject(plants, 'plants//up')).toBe('plants./');
    expect(toTopic(plants, 'plants./')).toBe('plants//up');
    const swapped = rule('a/{x}/{y}', 'b.{y}.{x}');
    expect(toSubject(swapped, 'a//2')).toBe('b.2./');
    expect(toTopic(swapped, 'b.2./')).toBe('a//2');
    expect(toTopic(swapped, 'b./.1')).toBe('a/1/');
  });

  test('goes one way where it says so', () => {
    const up = rule('up/#', 'up.>', { direction: 'to-nats' });
    expect([toSubject(up, 'up/a'), toTopic(up, 'up.a')]).toEqual(['up.a', undefined]);
    const down = rule('down/#', 'down.>', { direction: 'from-nats' });
    expect([toSubject(down, 'down/a'), toTopic(down, 'down.a')]).toEqual([undefined, 'down/a']);
  });

  test('may leave a capture out in one direction', () => {
    expect(toSubject(rule('a/{site}/t', 'all', { direction: 'to-nats' }), 'a/1/t')).toBe('all');
    expect(toTopic(rule('all', 'a.{site}.t', { direction: 'from-nats' }), 'a.1.t')).toBe('all');
  });

  test('says why a name that it matches cannot cross', () => {
    const signal = rule('signal/#', 'signal.>');
    expect(toTopic(signal, 'signal.a+b')).toBe('mqtt-wildcard');
    expect(toTopic(signal, 'signal.a/b')).toBe('lone-slash');
    expect(toTopic(signal, `signal${'.a'.repeat(1_024)}`)).toBe('too-many-levels');
    expect(toSubject(signal, `signal/${'a'.repeat(5_000)}`)).toBe('subject-too-long');
    expect(toSubject(signal, 'signal/\ud800')).toBe('invalid-unicode');
    expect(toTopic(rule('signal/#', 'signal.>', { lenient: true }), 'signal.a/b')).toBe('signal/a/b');
  });

  test('with a leading wildcard takes no names of the broker or of NATS (MQTT-4.7.2-1)', () => {
    const all = rule('#', 'mqtt.>', { direction: 'to-nats' });
    expect(toSubject(all, 'a/b')).toBe('mqtt.a.b');
    expect(toSubject(all, '$SYS/broker')).toBeUndefined();
    const tenants = rule('t/{tenant}/{rest...}', '{tenant}.{rest...}', { direction: 'from-nats' });
    expect(tenants.subjectFilters).toEqual(['*.>', '*']);
    expect(toTopic(tenants, 'acme.temp')).toBe('t/acme/temp');
    expect(toTopic(tenants, '_INBOX.abc')).toBeUndefined();
    expect(toTopic(tenants, '$JS.API.INFO')).toBeUndefined();
  });

  test('gives any topic back that it sends', () => {
    const plants = rule('plants/{site}/up/{rest...}', 'p.{site}.{rest...}');
    const level = fc.stringMatching(/^[a.* >/x20\t]{0,6}$/).map((text) => text.replaceAll('/', ''));
    fc.assert(
      fc.property(level, fc.array(level, { maxLength: 4 }), (site, rest) => {
        const topic = ['plants', site, 'up', ...rest].join('/');
        return toTopic(plants, toSubject(plants, topic) ?? '') === topic;
      }),
    );
  });
});

describe('a rule is refused', () => {
  test('when its subject is chosen by the client', () => {
    expect(problems('{rest...}', '{rest...}', { direction: 'to-nats' })).toEqual([
      'bridge.rules.0.subject: rule "r": subject "{rest...}" lets any MQTT client choose the NATS subject; start it with a fixed token, e.g. "mqtt.{rest...}"',
    ]);
    expect(problems('a/#', '>')).toEqual([expect.stringContaining('e.g. "mqtt.>"')]);
  });

  test('when its topic is chosen by the NATS client', () => {
    expect(problems('#', 'nats.>', { direction: 'from-nats' })).toEqual([
      expect.stringMatching(/^bridge\.rules\.0\.topic: .*\$SYS.*"nats\/#"$/),
    ]);
    expect(problems('$SYS/nats/#', 'nats.>', { direction: 'from-nats' })).toEqual([]);
  });

  test('when MQTT clients could reach all of what belongs to NATS itself', () => {
    for (const first of ['$JS', '$SYS', '$KV', '$O', '_INBOX', '$MQTT'])
      expect(problems('a/#', `${first}.>`)).toEqual([expect.stringContaining(`below "${first}"`)]);
    expect(problems('a/#', '$KV.bucket.>')).toEqual([]);
    expect(problems('a/#', '$SYS.>', { direction: 'from-nats' })).toEqual([]);
  });

  test.each([
    [
      'a/{x}',
      'b.{y}',
      'both',
      ['uses {y}, which topic "a/{x}" does not capture (it captures {x})', '{x} of the topic is missing'],
    ],
    ['a/b', 'b.{y}', 'to-nats', ['uses {y}, which topic "a/b" does not capture (it captures nothing)']],
    ['a/{x}/{y}', 'b.{y}', 'both', ['{x} of the topic is missing in subject "b.{y}"']],
    ['a/{x}', 'b', 'from-nats', ['topic "a/{x}" uses {x}']],
    ['a/{x...}', 'b.{x}', 'both', ['take different amounts']],
    ['a/+/+', 'b.*', 'both', ['wildcard 2 of the topic is missing']],
    ['a/+', 'b.*.*', 'to-nats', ['uses wildcard 2']],
    ['a/+', 'b.{site}', 'to-nats', ['uses {site}, which topic "a/+" does not capture (it captures wildcard 1)']],
    ['a/{rest...}/b', 'b.{rest...}', 'to-nats', ['goes on after "{rest...}"']],
    ['a/#/b', 'b.>', 'to-nats', ['goes on after "#"']],
    ['a/{x}/{x}', 'b.{x}', 'to-nats', ['captures {x} twice']],
    ['a/b+', 'b', 'to-nats', ['has a wildcard inside the level "b+"']],
    ['a/b#', 'b', 'to-nats', ['has a wildcard inside the level "b#"']],
    ['a', 'b*', 'to-nats', ['has a wildcard inside the token "b*"']],
    ['a', 'b.c>', 'to-nats', ['has a wildcard inside the token "c>"']],
    ['a', 'b.>.c', 'to-nats', ['goes on after ">"']],
    ['a/dev-{id}', 'b.{id}', 'to-nats', ['a capture is a whole level', 'uses {id}'].slice(0, 1)],
    ['a/{id}', 'b.x{id}', 'to-nats', ['a capture is a whole token']],
    ['a', 'b..c', 'to-nats', ['has an empty token']],
    ['a', 'b c', 'to-nats', ['white space']],
    ['a\u0000', 'b', 'to-nats', ['U+0000']],
    ['$share/g/a', 'b', 'to-nats', ['shared subscription']],
  ])('topic %j with subject %j, %s', (topic, subject, direction, expected) => {
    const found = problems(topic, subject, { direction });
    expect(found).toEqual(expected.map((part) => expect.stringContaining(part)));
    for (const message of found) expect(message).toContain('rule "r"');
  });

  test('by compileRule with every problem in one error', () => {
    expect(() => rule('a/b+', '>')).toThrow(ConfigError);
    expect(() => rule('#', '>')).toThrow(/choose the NATS subject.*choose the MQTT topic/);
  });
});

test('a setting for messages from NATS in a rule that takes none is a problem', () => {
  const jetstream = { stream: 's', consumer: 'c' };
  expect(problems('a/#', 'a.>', { direction: 'to-nats', queue: 'g', jetstream })).toEqual([
    expect.stringMatching(/^bridge\.rules\.0\.queue: rule "r": queue says how messages are taken from NATS/),
    expect.stringMatching(/^bridge\.rules\.0\.jetstream: rule "r": jetstream says how messages are taken from NATS/),
  ]);
  expect(problems('a/#', 'a.>', { subscribe: 'on-demand', jetstream })).toEqual([
    expect.stringMatching(/^bridge\.rules\.0\.subscribe: .*a stream keeps what nobody asks for/),
  ]);
  expect(problems('a/#', 'a.>', { direction: 'to-nats', subscribe: 'on-demand' })).toHaveLength(1);
  expect(problems('a/#', 'a.>', { queue: 'g', jetstream })).toEqual([
    expect.stringMatching(/^bridge\.rules\.0\.queue: .*nodes share what they name the same consumer for/),
  ]);
});

test('two rules that take from one consumer are a problem, as each would get a part', () => {
  const take = (name: string, consumer: string) =>
    options(`${name}/#`, `${name}.>`, { name, jetstream: { stream: 's', consumer } });
  expect(checkRules([take('a', 'c'), take('b', 'd')])).toEqual([]);
  expect(checkRules([take('a', 'c'), take('b', 'c')])).toEqual([
    {
      path: ['bridge', 'rules', 1, 'jetstream', 'consumer'],
      message: expect.stringContaining('rule "a" takes from consumer "c" of stream "s" too'),
    },
  ]);
});
