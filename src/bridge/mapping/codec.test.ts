import { describe, expect, test } from 'vitest';
import { codecSchema } from '../schema.ts';
import { filterProblem, subjectToTopic, topicToSubject } from './codec.ts';
import { type CodecOptions, codecOptions, defaultCodec } from './codec-options.ts';

const maxSubjectBytes = 4_064;

const codecOf = (config: object): CodecOptions => codecOptions(codecSchema.parse(config));
const refusing = codecOf({ special: 'refuse' });
const lenient: CodecOptions = { ...defaultCodec, loneSlash: 'literal' };

const valueOf = (mapped: ReturnType<typeof topicToSubject>): string =>
  mapped.kind === 'mapped' ? mapped.value : `! ${mapped.reason}`;

describe('topic to subject', () => {
  test.each([
    ['foo', 'foo'],
    ['/foo', '/.foo'],
    ['//foo', '/./.foo'],
    ['foo/', 'foo./'],
    ['foo//bar', 'foo./.bar'],
    ['foo////bar', 'foo./././.bar'],
    ['foo/bar', 'foo.bar'],
    ['a.b', 'a//b'],
    ['.', '//'],
    ['..', '////'],
    ['./foo/.', '//.foo.//'],
    ['foo../bar/.', 'foo////.bar.//'],
    ['/', '/./'],
    ['//', '/././'],
    ['bar///', 'bar./././'],
    ['///foo//', '/././.foo././'],
  ])('%j is %j, as in nats-server', (topic, subject) => {
    expect(valueOf(topicToSubject(topic))).toBe(subject);
    expect(valueOf(subjectToTopic(subject))).toBe(topic);
  });

  test.each([
    ['a b', 'a/x20b'],
    [' ', '/x20'],
    ['a\tb', 'a/x09b'],
    ['a\nb', 'a/x0Ab'],
    ['a\rb', 'a/x0Db'],
    ['a\fb', 'a/x0Cb'],
    ['a\u000bb', 'a/x0Bb'],
    ['\u0001', '/x01'],
    ['\u007f', '/x7F'],
    ['foo/*/bar', 'foo./x2A.bar'],
    ['foo/>', 'foo./x3E'],
    ['*', '/x2A'],
    ['a*/>b', 'a*.>b'],
    ['.x20', '//x20'],
    ['/x20', '/.x20'],
    ['x20', 'x20'],
    ['spBv1.0/Field Devices/x', 'spBv1//0.Field/x20Devices.x'],
    ['grün/🙂', 'grün.🙂'],
  ])('%j is %j, where nats-server refuses or confuses it', (topic, subject) => {
    expect(valueOf(topicToSubject(topic))).toBe(subject);
    expect(valueOf(subjectToTopic(subject))).toBe(topic);
  });

  test.each([
    ['', 'empty'],
    ['a\u0000b', 'nul'],
    ['a/+', 'mqtt-wildcard'],
    ['a/#', 'mqtt-wildcard'],
    ['a\ud800', 'invalid-unicode'],
    ['a'.repeat(65_536), 'topic-too-long'],
    ['a'.repeat(maxSubjectBytes + 1), 'subject-too-long'],
    ['é'.repeat(maxSubjectBytes / 2 + 1), 'subject-too-long'],
    ['$SYS/x', 'reserved-subject'],
    ['$JS/API/x', 'reserved-subject'],
    ['$KV/x', 'reserved-subject'],
    ['$O/x', 'reserved-subject'],
    ['$MQTT/x', 'reserved-subject'],
    ['$MQTT', 'reserved-subject'],
    ['_INBOX/x', 'reserved-subject'],
  ])('%.20j has no subject: %s', (topic, reason) => {
    expect(topicToSubject(topic)).toMatchObject({ kind: 'unmappable', reason });
  });

  test('a topic whose subject just fits in a NATS protocol line has one', () => {
    expect(topicToSubject('a'.repeat(maxSubjectBytes)).kind).toBe('mapped');
  });

  test.each([
    ['a b', 'forbidden-character'],
    ['a\tb', 'forbidden-character'],
    ['a\u007f', 'forbidden-character'],
    ['a\u000b', 'forbidden-character'],
    ['a/*/b', 'nats-wildcard'],
    ['>', 'nats-wildcard'],
  ])('in refuse mode %j has no subject: %s', (topic, reason) => {
    expect(topicToSubject(topic, refusing)).toMatchObject({ kind: 'unmappable', reason });
  });

  test('compat nats-2.9 refuses a dot, compat emqx-gateway also an empty level', () => {
    const old = codecOf({ compat: 'nats-2.9' });
    const emqx = codecOf({ compat: 'emqx-gateway' });
    expect(topicToSubject('a.b', old)).toMatchObject({ reason: 'dot-in-level' });
    expect(valueOf(topicToSubject('a//b', old))).toBe('a./.b');
    expect(subjectToTopic('a//b', old)).toMatchObject({ reason: 'lone-slash' });
    expect(valueOf(subjectToTopic('a//b', { ...old, loneSlash: 'literal' }))).toBe('a//b');
    expect(valueOf(topicToSubject('a/b', emqx))).toBe('a.b');
    expect(topicToSubject('a//b', emqx)).toMatchObject({ reason: 'empty-level' });
    expect(topicToSubject('a.b', emqx)).toMatchObject({ reason: 'dot-in-level' });
    expect(subjectToTopic('a./.b', emqx)).toMatchObject({ reason: 'lone-slash' });
  });

  test('compat custom takes the rules one by one, and only it does', () => {
    const custom = codecOf({ compat: 'custom', dot: 'refuse' });
    expect(topicToSubject('a.b', custom)).toMatchObject({ reason: 'dot-in-level' });
    expect(valueOf(topicToSubject('a//b', custom))).toBe('a./.b');
    expect(codecSchema.safeParse({ dot: 'refuse' }).error?.issues[0]?.message).toContain('compat: custom');
  });
});

describe('subject to topic', () => {
  test.each([
    ['foo.*.bar', 'foo/*/bar'],
    ['a/.b', 'a/b'],
    ['///.a', './a'],
    ['$SYS.x', '$SYS/x'],
  ])('%j is %j', (subject, topic) => {
    expect(valueOf(subjectToTopic(subject))).toBe(topic);
  });

  test.each([
    ['', 'empty'],
    ['/', 'empty'],
    ['a..b', 'empty-token'],
    ['.a', 'empty-token'],
    ['a.', 'empty-token'],
    ['a\u0000', 'nul'],
    ['a.+.b', 'mqtt-wildcard'],
    ['x#y', 'mqtt-wildcard'],
    ['a\udc00', 'invalid-unicode'],
    ['a/b', 'lone-slash'],
    ['/a', 'lone-slash'],
    ['a/', 'lone-slash'],
    ['a/x2', 'lone-slash'],
    ['a/x0a', 'lone-slash'],
    ['a/x41', 'invalid-escape'],
    ['/x2B', 'invalid-escape'],
    ['/x00', 'invalid-escape'],
    ['a/x2A', 'invalid-escape'],
    [Array(1_025).fill('a').join('.'), 'too-many-levels'],
  ])('%.20j has no topic: %s', (subject, reason) => {
    expect(subjectToTopic(subject)).toMatchObject({ kind: 'unmappable', reason });
  });

  test('a lenient rule takes a lone slash as it is', () => {
    for (const [subject, topic] of [
      ['a/b', 'a/b'],
      ['/a', '/a'],
      ['room.ab/cd', 'room/ab/cd'],
      ['a/x41', 'a/x41'],
      ['a//b', 'a.b'],
    ] as const)
      expect(valueOf(subjectToTopic(subject, lenient))).toBe(topic);
    expect(subjectToTopic('ab/c+d', lenient)).toMatchObject({ reason: 'mqtt-wildcard' });
    expect(subjectToTopic('a/'.repeat(1_025), lenient)).toMatchObject({ reason: 'too-many-levels' });
  });
});

describe('what is a topic filter', () => {
  test.each(['+', '+/', '/+', 'foo//+//', '#', 'a/#', '/#', '$SYS/#', 'a b/+'])(
    '%j is one (MQTT-4.7.1-2)',
    (filter) => {
      expect(filterProblem(filter)).toBeUndefined();
    },
  );

  test.each([
    ['', 'empty'],
    ['#/a', 'invalid-filter'],
    ['a/#/b', 'invalid-filter'],
    ['a+', 'invalid-filter'],
    ['+a', 'invalid-filter'],
    ['a#', 'invalid-filter'],
    ['a/+b', 'invalid-filter'],
    ['a\u0000', 'nul'],
  ])('%j is refused: %s (MQTT-4.7.1-1, MQTT-4.7.1-2)', (filter, reason) => {
    expect(filterProblem(filter)).toMatchObject({ kind: 'unmappable', reason });
  });
});
