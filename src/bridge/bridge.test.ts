import { describe, expect, test } from 'vitest';
import { messagePort } from '../../test/support/message-port.ts';
import { quietLink } from '../../test/support/quiet-link.ts';
import { recordedTelemetry } from '../../test/support/recorded-telemetry.ts';
import type { Gate } from '../broker/ports.ts';
import { ConfigError } from '../kernel/errors.ts';
import type { Message } from '../plane/message.ts';
import { createBridge } from './bridge.ts';
import type { Outbox } from './egress/outbox.ts';
import type { HeaderList, NatsLink, NatsMessage, PublishResult } from './link.ts';
import { bridgeSchema } from './schema.ts';

interface Sent {
  readonly subject: string;
  readonly payload: string;
  readonly headers: HeaderList | undefined;
}

/** A link that keeps what it is given and hands out what the test puts in. */
function fakeLink() {
  const subscriptions = new Map<string, (message: NatsMessage) => void>();
  const sent: Sent[] = [];
  let result: PublishResult = 'sent';
  let flushes = 0;
  const link: NatsLink = {
    ...quietLink,
    publish(subject, payload, headers) {
      if (result === 'sent') sent.push({ subject, payload: Buffer.from(payload).toString(), headers });
      return result;
    },
    subscribe(subject, onMessage) {
      subscriptions.set(subject, onMessage);
      return { subject, unsubscribe: () => void subscriptions.delete(subject) };
    },
    flush() {
      flushes++;
      return Promise.resolve();
    },
  };
  return {
    link,
    sent,
    subjects: () => [...subscriptions.keys()],
    answer: (next: PublishResult) => {
      result = next;
    },
    flushes: () => flushes,
    arrive(filter: string, subject: string, payload: string, more: Partial<NatsMessage> = {}) {
      subscriptions.get(filter)?.({
        subject,
        payload: Buffer.from(payload),
        headers: undefined,
        reply: undefined,
        ...more,
      });
    },
  };
}

async function running(config: object = {}, nodeId = 'n1') {
  const telemetry = recordedTelemetry();
  const plane = messagePort(nodeId);
  const nats = fakeLink();
  const bridge = createBridge(bridgeSchema.parse(config), { plane, nats: nats.link, telemetry });
  await bridge.start(AbortSignal.timeout(1_000));
  return { telemetry, plane, nats, bridge };
}

const anyDeadline = () => AbortSignal.timeout(1_000);
const origin = (nodes: string): readonly [string, string] => ['Mqtt-Bridge-Origin', nodes];

describe('from MQTT to NATS', () => {
  test('a message goes to its subject with its payload untouched and its origin', async () => {
    const { plane, nats, bridge } = await running();
    plane.send('signal/room 1/offer', '\u0000\ufffd bytes');
    expect(nats.sent).toEqual([
      { subject: 'signal.room/x201.offer', payload: '\u0000\ufffd bytes', headers: [origin('n1')] },
    ]);
    expect(bridge.state().rules[0]).toMatchObject({ name: 'signal', toNats: { passed: 1, dropped: 0 } });
  });

  test('plain messages share one list of headers, so that it is encoded once', async () => {
    const { plane, nats } = await running();
    plane.send('signal/a', '1');
    plane.send('signal/a', '2', { properties: {} });
    expect(nats.sent[0]?.headers).toBe(nats.sent[1]?.headers);
  });

  test('a topic without a subject is dropped and counted by reason', async () => {
    const { plane, nats, telemetry, bridge } = await running({ codec: { special: 'refuse' } });
    plane.send('signal/a b', 'x');
    expect(nats.sent).toEqual([]);
    expect(telemetry.count('topic_unmappable_total', { reason: 'forbidden-character' })).toBe(1);
    expect(bridge.state().rules[0]?.toNats).toEqual({ passed: 0, bytes: 0, dropped: 1 });
  });

  test.each(['nats-disconnected', 'nats-backlog', 'payload-too-large'] as const)(
    '%s drops and counts',
    async (reason) => {
      const { plane, nats, telemetry } = await running();
      nats.answer(reason);
      plane.send('signal/a', 'x', { qos: 1 });
      expect(telemetry.count('bridge_dropped_total', { reason, direction: 'to-nats', rule: 'signal' })).toBe(1);
    },
  );

  test('what came from NATS does not go back, which is no loop', async () => {
    const { plane, nats, telemetry } = await running();
    nats.arrive('signal.>', 'signal.a', 'x');
    expect(plane.published).toHaveLength(1);
    expect(nats.sent).toEqual([]);
    expect(telemetry.count('bridge_loop_dropped_total')).toBe(0);
  });

  test('what came over another link carries the nodes it has passed', async () => {
    const { plane, nats } = await running();
    plane.send('signal/a', 'x', { origin: { kind: 'bridge', link: 'other', brokers: ['n7', 'n8'] } });
    expect(nats.sent[0]?.headers).toEqual([origin('n7,n8,n1')]);
  });
});

describe('from NATS to MQTT', () => {
  test('a message of a plain NATS client is published at the QoS of the rule', async () => {
    const { plane, nats } = await running();
    nats.arrive('signal.>', 'signal.a//b./', 'x', { headers: [['traceparent', '00']] });
    expect(plane.published).toEqual<Message[]>([
      {
        topic: 'signal/a.b/',
        payload: Buffer.from('x'),
        qos: 1,
        retain: false,
        properties: { userProperties: [['traceparent', '00']] },
        origin: { kind: 'bridge', link: 'nats', brokers: [] },
      },
    ]);
    const zero = await running({ rules: [{ name: 'r', topic: 'a', subject: 'a', qos: 0 }] });
    zero.nats.arrive('a', 'a', 'x');
    expect(zero.plane.published[0]?.qos).toBe(0);
  });

  test('a message of another node has the QoS it says, which is 0 where it says none', async () => {
    const { plane, nats } = await running();
    nats.arrive('signal.>', 'signal.a', 'x', { headers: [origin('n2')] });
    nats.arrive('signal.>', 'signal.a', 'x', { headers: [origin('n2'), ['Mqtt-Qos', '2'], ['Mqtt-Retain', '1']] });
    expect(plane.published.map(({ qos, retain }) => [qos, retain])).toEqual([
      [0, false],
      [2, true],
    ]);
    expect(plane.published[0]?.origin).toEqual({ kind: 'bridge', link: 'nats', brokers: ['n2'] });
  });

  test('the parent of a filter has a subscription of its own (MQTT-4.7.1-1)', async () => {
    const { plane, nats } = await running();
    expect(nats.subjects()).toEqual(['signal.>', 'signal']);
    nats.arrive('signal', 'signal', 'x');
    expect(plane.published[0]?.topic).toBe('signal');
  });

  test('a message that has been here, or has gone too far, is dropped and counted', async () => {
    const { plane, nats, telemetry } = await running({ maxHops: 2 });
    nats.arrive('signal.>', 'signal.a', 'x', { headers: [origin('n2,n1')] });
    nats.arrive('signal.>', 'signal.a', 'x', { headers: [origin('n2,n3,n4')] });
    expect(plane.published).toEqual([]);
    expect(telemetry.count('bridge_loop_dropped_total', { reason: 'own-origin' })).toBe(1);
    expect(telemetry.count('bridge_loop_dropped_total', { reason: 'max-hops' })).toBe(1);
    nats.arrive('signal.>', 'signal.a', 'x', { headers: [origin('n2,n3')] });
    expect(plane.published).toHaveLength(1);
  });

  test.each([
    ['signal.a+b', 'mqtt-wildcard'],
    ['signal.#', 'mqtt-wildcard'],
    ['signal.a\u0000', 'nul'],
    ['signal.a\ufffd', 'invalid-unicode'],
    ['signal.a/b', 'lone-slash'],
    [`signal${'.a'.repeat(1_024)}`, 'too-many-levels'],
  ])('%.12j never becomes a topic: %s', async (subject, reason) => {
    const { plane, nats, telemetry } = await running();
    nats.arrive('signal.>', subject, 'x');
    expect(plane.published).toEqual([]);
    expect(telemetry.count('subject_unmappable_total', { reason })).toBe(1);
  });

  test('headers that cannot be used are ignored and counted; a block that cannot be parsed costs the message', async () => {
    const { plane, nats, telemetry } = await running();
    nats.arrive('signal.>', 'signal.a', 'x', { headers: [['Mqtt-Qos', '9']] });
    expect(plane.published[0]?.qos).toBe(1);
    expect(telemetry.count('bridge_header_invalid_total', { header: 'qos' })).toBe(1);
    nats.arrive('signal.>', 'signal.a', 'x', { headers: 'unreadable' });
    expect(plane.published).toHaveLength(1);
    expect(telemetry.count('bridge_dropped_total', { reason: 'headers-unreadable' })).toBe(1);
  });

  test('a reply subject becomes the Response Topic where the rules lead back to it, an inbox does not (MQTT-3.3.2-14)', async () => {
    const { plane, nats } = await running();
    nats.arrive('signal.>', 'signal.a', 'x', { reply: 'signal.answers.7' });
    nats.arrive('signal.>', 'signal.a', 'x', { reply: '_INBOX.abc' });
    nats.arrive('signal.>', 'signal.a', 'x', { reply: 'signal.b', headers: [['Mqtt-Response-Topic', 'mine']] });
    expect(plane.published.map(({ properties }) => properties?.responseTopic)).toEqual([
      'signal/answers/7',
      undefined,
      'mine',
    ]);
    const oneWay = await running({ rules: [{ name: 'r', topic: 'a/#', subject: 'a.>', direction: 'from-nats' }] });
    oneWay.nats.arrive('a.>', 'a.b', 'x', { reply: 'a.answers' });
    expect(oneWay.plane.published[0]?.properties).toBeUndefined();
  });

  test('a broker that fails or does not keep up costs messages, never the bridge', async () => {
    const { plane, nats, telemetry, bridge } = await running({ maxPending: '4KiB' });
    const whenTaken: (() => void)[] = [];
    plane.publish = () => new Promise((resolve) => whenTaken.push(resolve));
    for (let n = 0; n < 3; n++) nats.arrive('signal.>', 'signal.a', 'x'.repeat(1_000));
    expect(telemetry.count('bridge_dropped_total', { reason: 'broker-backlog' })).toBe(1);
    for (const taken of whenTaken) taken();
    plane.publish = () => {
      throw new Error('store is full');
    };
    await expect.poll(() => bridge.state().pendingBytes).toBe(0);
    nats.arrive('signal.>', 'signal.a', 'x');
    await telemetry.seen('bridge_publish_failed_total');
    expect(telemetry.lines('error')).toEqual([expect.stringContaining('store is full')]);
    expect(bridge.state().rules[0]?.fromNats).toEqual({ passed: 2, bytes: 2_000, dropped: 2 });
  });
});

describe('the life of a bridge', () => {
  test('a rule taps and subscribes only in its direction', async () => {
    const up = await running({ rules: [{ name: 'r', topic: 'a/#', subject: 'a.>', direction: 'to-nats' }] });
    expect([up.plane.taps, up.nats.subjects()]).toEqual([1, []]);
    const down = await running({ rules: [{ name: 'r', topic: 'a/#', subject: 'a.>', direction: 'from-nats' }] });
    expect([down.plane.taps, down.nats.subjects()]).toEqual([0, ['a.>', 'a']]);
  });

  test('after stop nothing passes, and what was sent is flushed', async () => {
    const { plane, nats, bridge } = await running();
    plane.send('signal/a', 'x');
    await bridge.stop(anyDeadline());
    await bridge.stop(anyDeadline());
    expect([plane.taps, nats.flushes()]).toEqual([0, 2]);
    plane.send('signal/a', 'y');
    nats.arrive('signal.>', 'signal.a', 'z');
    expect(nats.sent).toHaveLength(1);
    expect(plane.published).toHaveLength(2);
  });

  test('stop before start is no failure, and start does nothing afterwards', async () => {
    const plane = messagePort('n1');
    const { link } = fakeLink();
    const bridge = createBridge(bridgeSchema.parse(undefined), { plane, nats: link, telemetry: recordedTelemetry() });
    await bridge.stop(anyDeadline());
    await bridge.start(anyDeadline());
    expect(plane.taps).toBe(0);
  });

  test('a rule that cannot be read is refused when it is made', () => {
    const options = bridgeSchema.parse({ rules: [{ name: 'a', topic: '#', subject: '>' }] });
    const deps = { plane: messagePort('n1'), nats: fakeLink().link, telemetry: recordedTelemetry() };
    expect(() => createBridge(options, deps)).toThrow(ConfigError);
    expect(() => createBridge(options, deps)).toThrow(/choose the NATS subject/);
  });
});

describe('the outbox of a rule', () => {
  /** An outbox that nobody empties, as NATS never confirms. */
  function keptOutbox() {
    const opened: (readonly string[])[] = [];
    const kept: string[] = [];
    const outbox: Outbox = {
      open: (rules) => Promise.resolve(void opened.push(rules)),
      append: (rule, { payload }) => Promise.resolve(void kept.push(`${rule}: ${Buffer.from(payload).toString()}`)),
      size: () => ({ messages: kept.length, bytes: 0 }),
      read: () => [],
      remove: () => undefined,
    };
    return { outbox, opened, kept };
  }

  test('is opened with the first rule that needs one, and a changed rule goes on behind what stands there', async () => {
    const { outbox, opened, kept } = keptOutbox();
    const gates = new Map<symbol, Gate>();
    const plane = messagePort('n1');
    plane.gate = (_, gate) => {
      const key = Symbol('gate');
      gates.set(key, gate);
      return () => void gates.delete(key);
    };
    const link: NatsLink = { ...quietLink, state: () => ({ ...quietLink.state(), status: 'reconnecting' }) };
    const options = bridgeSchema.parse({ rules: [{ name: 'a', topic: 'a', subject: 'a' }] });
    const telemetry = recordedTelemetry();
    const bridge = createBridge(options, { plane, nats: link, telemetry, outbox });
    await bridge.start(anyDeadline());
    expect(opened).toEqual([]);
    const send = async (payload: string): Promise<void> => {
      expect(gates.size).toBe(1);
      const message = { topic: 'a', payload: Buffer.from(payload), qos: 1, retain: false } as const;
      const sending = { packetId: 1, isDuplicate: false, canRefuse: true };
      for (const gate of gates.values()) await gate({ ...message, origin: { kind: 'client', clientId: 'c' } }, sending);
    };
    for (const qos of [0, 1]) {
      const rules = bridgeSchema.parse({ rules: [{ name: 'a', topic: 'a', subject: 'a', ack: 'nats', qos }] }).rules;
      const change = await bridge.prepareRules(rules, anyDeadline());
      await change.commit(anyDeadline());
      await send(`${qos}`);
    }
    expect(opened).toEqual([['a'], ['a']]);
    expect(kept).toEqual(['a: 0', 'a: 1']);
    expect(telemetry.count('bridge_outbox_began_total')).toBe(1);
    await bridge.stop(anyDeadline());
  });
});
