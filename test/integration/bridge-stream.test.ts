import { nanos } from '@nats-io/transport-node';
import { describe, expect, test } from 'vitest';
import { bridgeRuleSchema } from '../../src/bridge/schema.ts';
import { StoreError } from '../../src/kernel/errors.ts';
import type { Message } from '../../src/plane/message.ts';
import { settle, startNode } from '../support/bridge-node.ts';
import { startNatsServer } from '../support/nats-server.ts';
import { type StreamServer, startStreamServer } from '../support/stream-server.ts';

const soon = () => AbortSignal.timeout(10_000);
const text = ({ payload }: Message): string => Buffer.from(payload).toString();
const numbers = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);

const rule = (jetstream: object = {}, more: object = {}) => ({
  name: 'r',
  topic: 'a/#',
  subject: 'a.>',
  direction: 'from-nats',
  jetstream: { stream: 'all', consumer: 'c1', begin: 'all', ackWait: '1s', ...jetstream },
  ...more,
});

/** All that the consumer had was acknowledged. */
const done = (server: StreamServer, consumer = 'c1') =>
  expect.poll(() => server.left(consumer)).toEqual({ pending: 0, unacknowledged: 0 });

describe('a rule that takes from a stream', () => {
  test('has what was stored before it came and while it is there, once and in order', async () => {
    await using server = await startStreamServer();
    await server.publish('a.b', numbers(100));
    await using node = await startNode(server, 'n1', { rules: [rule({ maxInFlight: 30 })] });
    await node.link.telemetry.seen('bridge_stream_opened_total');
    await server.publish('a.b', numbers(100));
    await done(server);
    expect(node.plane.published.map(text)).toEqual([...numbers(100), ...numbers(100)]);
    expect(node.plane.published[0]).toMatchObject({ topic: 'a/b', qos: 1, origin: { kind: 'bridge', link: 'nats' } });
    expect(node.bridge.state().rules[0]).toMatchObject({ fromNats: { passed: 200 }, inFlight: 0 });
  });

  test('begin: new leaves what the stream has, and a restart goes on where it was', async () => {
    await using server = await startStreamServer();
    await server.publish('a.b', ['old']);
    const config = { rules: [rule({ begin: 'new' })] };
    {
      await using node = await startNode(server, 'n1', config);
      await node.link.telemetry.seen('bridge_stream_opened_total');
      await server.publish('a.b', ['1']);
      await done(server);
      expect(node.plane.published.map(text)).toEqual(['1']);
    }
    await server.publish('a.b', ['2', '3']);
    await using again = await startNode(server, 'n1', config);
    await done(server);
    expect(again.plane.published.map(text)).toEqual(['2', '3']);
  });

  test('takes no more than maxInFlight and bridge.maxPending allow, until they are done with', async () => {
    await using server = await startStreamServer();
    await server.publish('a.b', [...numbers(50), Buffer.alloc(100_000), ...numbers(50)]);
    const waiting: (() => void)[] = [];
    const seen: Message[] = [];
    await using small = await startNode(server, 'n1', { rules: [rule({ maxInFlight: 20 })], maxPending: '64KiB' });
    small.plane.publishKept = (message) => {
      seen.push(message);
      return new Promise((resolve) => waiting.push(resolve));
    };
    await expect.poll(() => waiting.length).toBe(20);
    await settle(small);
    expect((await server.left('c1')).unacknowledged).toBe(20);
    expect(small.bridge.state().rules[0]?.inFlight).toBe(20);
    let most = 0;
    while (seen.length < 101 || waiting.length > 0) {
      await expect.poll(() => waiting.length).toBeGreaterThan(0);
      most = Math.max(most, waiting.length);
      for (const resolve of waiting.splice(0)) resolve();
    }
    expect(most).toBeLessThanOrEqual(20);
    await done(server);
    expect(seen).toHaveLength(101);
    expect(small.bridge.state().pendingBytes).toBe(0);
  });

  test('what a slow client has to catch up with first is waited for, longer than JetStream waits', async () => {
    await using server = await startStreamServer();
    await using slow = await startNode(server, 'n1', { rules: [rule()] });
    let release: () => void = () => undefined;
    let taken = 0;
    slow.plane.publishKept = () => {
      taken += 1;
      return new Promise((resolve) => {
        release = resolve;
      });
    };
    // somebody else who takes it and does not answer gets it again and again
    let repeated = 0;
    const silent = {
      durable_name: 'silent',
      deliver_subject: 'silent',
      ack_policy: 'explicit',
      ack_wait: nanos(1_000),
    };
    await server.manager.consumers.add('all', silent as never);
    server.connection.subscribe('silent', { callback: () => void (repeated += 1) });
    await slow.link.telemetry.seen('bridge_stream_opened_total');
    await server.publish('a.b', ['slow']);
    await expect.poll(() => taken).toBe(1);
    await expect.poll(() => repeated).toBe(4);
    expect(taken).toBe(1);
    release();
    await done(server);
    expect(taken).toBe(1);
  });

  test('what the broker has no room for comes again, and what it never takes does not', async () => {
    await using server = await startStreamServer();
    await using node = await startNode(server, 'n1', { rules: [rule()] });
    const publish = node.plane.publish.bind(node.plane);
    const tried: string[] = [];
    node.plane.publishKept = (message) => {
      tried.push(text(message));
      if (text(message) === 'never') return Promise.reject(new Error('cannot be'));
      if (tried.length < 4) return Promise.reject(new StoreError('store-full', 'the queue is full'));
      return publish(message);
    };
    await node.link.telemetry.seen('bridge_stream_opened_total');
    await server.publish('a.b', ['later']);
    await done(server);
    await server.publish('a.b', ['never']);
    await done(server);
    expect(tried).toEqual(['later', 'later', 'later', 'later', 'never']);
    expect(node.plane.published.map(text)).toEqual(['later']);
    const { telemetry } = node.link;
    expect(telemetry.count('bridge_stream_refused_total')).toBe(3);
    expect(telemetry.lines('warn').filter((line) => line.includes('gives messages back'))).toHaveLength(1);
    expect(telemetry.count('bridge_publish_failed_total')).toBe(1);
  });

  test('what no rule takes or no topic can have is acknowledged and counted, not given again', async () => {
    await using server = await startStreamServer();
    await using node = await startNode(server, 'n1', { rules: [rule({}, { subject: 'a.taken.>', topic: 'a/#' })] });
    await node.link.telemetry.seen('bridge_stream_opened_total');
    for (const subject of ['a.other', 'a.taken.+', 'a.taken.b']) await server.publish(subject, [subject]);
    await done(server);
    expect(node.plane.published.map(({ topic }) => topic)).toEqual(['a/b']);
    expect(node.link.telemetry.count('subject_unmappable_total')).toBe(1);
  });

  test('both ways: what the node stores itself does not come to its own clients again, and is no loop', async () => {
    await using server = await startStreamServer();
    await using node = await startNode(server, 'n1', { rules: [rule({}, { direction: 'both' })] });
    await using other = await startNode(server, 'n2', { rules: [rule({ consumer: 'c2' }, { direction: 'both' })] });
    for (const each of [node, other]) await each.link.telemetry.seen('bridge_stream_opened_total');
    node.plane.send('a/b', 'x');
    await settle(node);
    await server.publish('a.c', ['y']);
    await done(server, 'c1');
    await done(server, 'c2');
    expect(node.plane.published.map(text)).toEqual(['x', 'y']);
    expect(other.plane.published.map(text)).toEqual(['x', 'y']);
    for (const { link } of [node, other]) expect(link.telemetry.count('bridge_loop_dropped_total')).toBe(0);
  });

  test('nodes that name one consumer share its messages', async () => {
    await using server = await startStreamServer();
    await using one = await startNode(server, 'n1', { rules: [rule({ maxInFlight: 2 })] });
    await using two = await startNode(server, 'n2', { rules: [rule({ maxInFlight: 2 })] });
    for (const { link } of [one, two]) await link.telemetry.seen('bridge_stream_opened_total');
    await server.publish('a.b', numbers(200));
    await done(server);
    const all = [one, two].flatMap(({ plane }) => plane.published.map(text));
    expect(all.map(Number).sort((a, b) => a - b)).toEqual(numbers(200).map(Number));
  });
});

describe('a stream that is not there, or no longer', () => {
  test('is waited for, said once, and read when it comes', async () => {
    await using server = await startStreamServer();
    await server.manager.streams.delete('all');
    await using node = await startNode(server, 'n1', { rules: [rule()] });
    await node.link.telemetry.seen('bridge_stream_unavailable_total');
    await server.manager.streams.add({ name: 'all', subjects: ['a.>'] });
    await server.publish('a.b', ['x']);
    await node.link.telemetry.seen('bridge_stream_opened_total');
    await done(server);
    expect(node.plane.published.map(text)).toEqual(['x']);
    expect(node.link.telemetry.lines('warn')).toEqual([expect.stringMatching(/"r" takes nothing .*stream not found/)]);
  });

  test('a consumer that is deleted is made again', async () => {
    await using server = await startStreamServer();
    await using node = await startNode(server, 'n1', { rules: [rule()] });
    await node.link.telemetry.seen('bridge_stream_opened_total');
    await server.publish('a.b', ['1']);
    await done(server);
    await server.manager.consumers.delete('all', 'c1');
    await expect.poll(() => node.link.telemetry.count('bridge_stream_opened_total')).toBe(2);
    await server.publish('a.b', ['2']);
    await done(server);
    expect(node.plane.published.map(text)).toEqual(['1', '1', '2']); // begin: all
  });

  test('a server without JetStream is told as that', async () => {
    await using server = await startNatsServer();
    await using node = await startNode(server, 'n1', { rules: [rule()] });
    await node.link.telemetry.seen('bridge_stream_unavailable_total');
    expect(node.link.telemetry.lines('warn')[0]).toContain('JetStream does not answer: it is not switched on');
  });

  test.each([
    ['push', { deliver_subject: 'push', ack_policy: 'explicit' }, /it is a push consumer/],
    ['without acknowledgements', { ack_policy: 'none' }, /its ack_policy is none/],
  ])('a consumer that cannot be used: %s', async (_, config, why) => {
    await using server = await startStreamServer();
    await server.manager.consumers.add('all', { durable_name: 'c1', ...config } as never);
    await using node = await startNode(server, 'n1', { rules: [rule()] });
    await node.link.telemetry.seen('bridge_stream_unavailable_total');
    expect(node.link.telemetry.lines('warn')[0]).toMatch(why);
  });

  test('refuses a change of rules, and nothing has changed', async () => {
    await using server = await startStreamServer();
    await using node = await startNode(server, 'n1', { rules: [] });
    const rules = [bridgeRuleSchema.parse(rule({ stream: 'none' }))];
    await expect(node.bridge.prepareRules(rules, soon())).rejects.toMatchObject({
      code: 'jetstream-unusable',
      message: /consumer "c1" of the stream "none" cannot be used: JetStream says "stream not found"/,
    });
    expect(node.bridge.rules).toEqual([]);
  });
});

test('nats-server killed with messages under way: all come, in the end, to a broker that stays', async () => {
  await using server = await startStreamServer();
  await using node = await startNode(server, 'n1', { rules: [rule({ maxInFlight: 10 })] });
  await node.link.telemetry.seen('bridge_stream_opened_total');
  await server.publish('a.b', numbers(500));
  await server.nats.restart();
  await expect.poll(() => new Set(node.plane.published.map(text)).size).toBe(500);
  await done(server);
});
