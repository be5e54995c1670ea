import { describe, expect, test } from 'vitest';
import { type ServingBroker, serve } from '../support/serving.ts';
import { SocketClient } from '../support/socket-client.ts';
import { type StreamServer, startStreamServer } from '../support/stream-server.ts';

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => `${index}`);
const session = { connect: { clean: false } } as const;
const texts = ({ messages }: SocketClient): string[] => messages.map(({ payload }) => payload.toString());

const rule = (jetstream: object = {}) => ({
  name: 'all',
  topic: 'a/#',
  subject: 'a.>',
  direction: 'from-nats',
  jetstream: { stream: 'all', consumer: 'c1', begin: 'all', ...jetstream },
});

const bridged = ({ url }: StreamServer, jetstream: object = {}, more: object = {}): Promise<ServingBroker> =>
  serve({
    nats: { servers: [url], reconnectDelay: '20ms', reconnectDelayMax: '100ms' },
    bridge: { rules: [rule(jetstream)] },
    ...more,
  });

const allDone = (server: StreamServer) =>
  expect.poll(() => server.left('c1')).toEqual({ pending: 0, unacknowledged: 0 });

describe('a burst of messages of a stream', () => {
  test('twice as many as a queue takes come whole and in order to a connected persistent session', async () => {
    await using server = await startStreamServer();
    await using broker = await bridged(server, {}, { store: { type: 'disk' } });
    await using client = await SocketClient.open(broker.port, 'session', session);
    await client.subscribe('a/#', 1);
    const burst = numbers(20_000);
    await server.publish('a.b', burst);
    await expect.poll(() => client.messages.length).toBe(burst.length);
    expect(texts(client)).toEqual(burst);
    await allDone(server);
    for (const metric of ['store_dropped_total', 'mqtt_held_dropped_total', 'bridge_dropped_total'])
      expect(await broker.metric(metric)).toBe(0);
  });
});

describe('a session that does not keep up', () => {
  const store = { type: 'disk', queue: { messages: 400, onFull: 'refuse' } };

  test('JetStream keeps what there is no room for, while it is silent and while it is away, and none is lost', async () => {
    await using server = await startStreamServer();
    await using broker = await bridged(server, { maxInFlight: 50 }, { store });
    {
      await using silent = await SocketClient.open(broker.port, 'session', { ...session, answers: false });
      await silent.subscribe('a/#', 1);
      await server.publish('a.b', numbers(3_000));
      await expect.poll(() => broker.metric('bridge_stream_in_flight')).toBe(50);
      // half of the queue, and what is in flight
      expect((await server.left('c1')).pending).toBeGreaterThanOrEqual(3_000 - 200 - 50 - 50);
    }
    await expect.poll(() => broker.metric('bridge_stream_refused_total')).toBeGreaterThan(0);
    expect((await server.left('c1')).pending).toBeGreaterThan(2_000);
    await using back = await SocketClient.open(broker.port, 'session', session);
    await allDone(server);
    await expect.poll(() => new Set(texts(back)).size).toBe(3_000);
    expect(await broker.metric('store_dropped_total', 'reason="queue-full"')).toBe(0);
    expect(await broker.metric('mqtt_held_dropped_total')).toBe(0);
  });
});

describe('the broker is killed (kill -9) while it takes a burst', () => {
  test('and started again: each message reaches the session, at least once', async () => {
    await using server = await startStreamServer();
    await using broker = await bridged(
      server,
      { maxInFlight: 200, ackWait: '1s' },
      { store: { type: 'disk', queue: { messages: 400, onFull: 'refuse' } } },
    );
    const seen = new Set<string>();
    const onMessage = ({ payload }: { readonly payload: string | Buffer }): void => void seen.add(payload.toString());
    await using first = await SocketClient.open(broker.port, 'session', { ...session, onMessage });
    await first.subscribe('a/#', 1);
    const burst = numbers(6_000);
    const published = server.publish('a.b', burst);
    await expect.poll(() => seen.size, { interval: 1 }).toBeGreaterThan(1_000);
    await broker.kill();
    expect(seen.size).toBeLessThan(burst.length);
    await published;
    await broker.start();
    await using second = await SocketClient.open(broker.port, 'session', { ...session, onMessage });
    expect(second.isResumed).toBe(true);
    await expect.poll(() => seen.size).toBe(burst.length);
    await allDone(server);
  });
});
