import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { outcome } from '../../test/support/packet-bytes.ts';
import { InboundAliases, OutboundAliases } from './topic-aliases.ts';

test('an alias stands for the topic it was set with last, and a PUBLISH without one is left alone (MQTT-3.3.2-12)', () => {
  const aliases = new InboundAliases(3);
  expect(aliases.resolve({ topic: 'plain', topicAlias: undefined })).toBe('plain');
  expect(aliases.resolve({ topic: 'a', topicAlias: 3 })).toBe('a');
  expect(aliases.resolve({ topic: '', topicAlias: 3 })).toBe('a');
  expect(aliases.resolve({ topic: 'b', topicAlias: 3 })).toBe('b');
  expect(aliases.resolve({ topic: '', topicAlias: 3 })).toBe('b');
});

test('an alias out of range is refused with 0x94 (MQTT-3.3.2-8, MQTT-3.3.2-9)', () => {
  expect(outcome(new InboundAliases(3).resolve({ topic: 'a', topicAlias: 4 }))).toBe('94 MQTT-3.3.2-9');
  expect(outcome(new InboundAliases(3).resolve({ topic: 'a', topicAlias: 0 }))).toBe('94 MQTT-3.3.2-9');
  expect(outcome(new InboundAliases(0).resolve({ topic: 'a', topicAlias: 1 }))).toBe('94 MQTT-3.3.2-9');
});

test('an alias that was never set is a protocol error (MQTT 5, 3.3.2.3.4)', () => {
  const aliases = new InboundAliases(3);
  aliases.resolve({ topic: 'a', topicAlias: 1 });
  expect(outcome(aliases.resolve({ topic: '', topicAlias: 2 }))).toBe('82 3.3.2.3.4');
});

test('a client that allows no alias gets none (MQTT-3.3.2-11)', () => {
  expect(new OutboundAliases(0).aliasFor('some/topic')).toBeUndefined();
});

test('the first topics get the aliases and keep them; each comes with its topic once', () => {
  const aliases = new OutboundAliases(2);
  expect(aliases.aliasFor('first')).toEqual({ alias: 1, isNew: true });
  expect(aliases.aliasFor('second')).toEqual({ alias: 2, isNew: true });
  expect(aliases.aliasFor('third')).toBeUndefined();
  expect(aliases.aliasFor('first')).toEqual({ alias: 1, isNew: false });
  expect(aliases.aliasFor('second')).toEqual({ alias: 2, isNew: false });
});

test('a topic that is no longer than its alias goes without', () => {
  const aliases = new OutboundAliases(2);
  expect(aliases.aliasFor('a/b')).toBeUndefined();
  expect(aliases.aliasFor('a/bc')).toEqual({ alias: 1, isNew: true });
});

test('an alias whose packet was not sent comes with its topic again', () => {
  const aliases = new OutboundAliases(2);
  aliases.aliasFor('first');
  aliases.forget('first');
  aliases.forget('never used');
  expect(aliases.aliasFor('first')).toEqual({ alias: 1, isNew: true });
  expect(aliases.aliasFor('first')).toEqual({ alias: 1, isNew: false });
});

test('whatever is sent or dropped, the other side knows every topic (MQTT-3.3.2-11)', () => {
  const topics = fc.constantFrom('topic/1', 'topic/2', 'topic/3', 'topic/4', 'x');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4 }), fc.array(fc.tuple(topics, fc.boolean())), (maximum, packets) => {
      const outbound = new OutboundAliases(maximum);
      const inbound = new InboundAliases(maximum);
      for (const [topic, isDropped] of packets) {
        const given = outbound.aliasFor(topic);
        if (given?.isNew === true && isDropped) outbound.forget(topic);
        if (isDropped) continue;
        const sent = given === undefined || given.isNew ? topic : '';
        expect(inbound.resolve({ topic: sent, topicAlias: given?.alias })).toBe(topic);
      }
    }),
  );
});
