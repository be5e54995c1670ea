import mqtt from 'mqtt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { connectClient, remember, type TestClient } from '../support/mqtt-client.ts';
import { startNatsServer } from '../support/nats-server.ts';
import { startRedisServer } from '../support/redis-server.ts';

let redis: Awaited<ReturnType<typeof startRedisServer>>;
let server: Awaited<ReturnType<typeof startNatsServer>>;
const running: TestBroker[] = [];

beforeEach(async () => {
  [redis, server] = await Promise.all([startRedisServer(), startNatsServer()]);
});
afterEach(async () => {
  for (const node of running.splice(0)) await node[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function startNode(node: string): Promise<TestBroker> {
  const started = await startBroker({
    node,
    store: { type: 'redis', redis: { url: redis.url } },
    nats: { servers: [server.url] },
  });
  running.push(started);
  return started;
}

/** The device with a session, at this node. Listens before anything can come. */
function device(node: TestBroker): TestClient {
  const options = { clientId: 'pump-7', clean: false, reconnectPeriod: 0 } as const;
  return remember(mqtt.connect(`mqtt://127.0.0.1:${node.port('mqtt')}`, options));
}

const connected = (client: TestClient): Promise<void> =>
  new Promise((resolve, reject) => {
    client.mqtt.once('connect', () => resolve());
    client.mqtt.once('close', () => reject(new Error('the device was not let in')));
  });

/** A session that is subscribed to `a/#` and `signal/#`, whose client is away. */
async function leaveSession(node: TestBroker): Promise<void> {
  await using client = device(node);
  await connected(client);
  await client.mqtt.subscribeAsync(['a/#', 'signal/#'], { qos: 1 });
  await client.mqtt.endAsync();
}

describe('one node at work, and another that takes its place', () => {
  test('the session goes on there with its subscriptions and what was queued, and retained messages are there', async () => {
    const first = await startNode('a');
    await leaveSession(first);
    await using publisher = await connectClient(first, 'mqtt');
    await publisher.mqtt.publishAsync('a/1', 'queued', { qos: 1 });
    await publisher.mqtt.publishAsync('a/kept', 'retained', { qos: 1, retain: true });
    await first[Symbol.asyncDispose]();
    running.length = 0;

    const second = await startNode('b');
    await using client = device(second);
    await connected(client);
    const payloads = (await client.take(2)).map(({ payload }) => payload.toString());
    expect(payloads).toEqual(['queued', 'retained']);
    await using reader = await connectClient(second, 'mqtt');
    await reader.mqtt.subscribeAsync('a/kept', { qos: 1 });
    expect((await reader.take(1))[0]?.packet.retain).toBe(true);
  });
});

describe('two nodes at work are no cluster yet', () => {
  test('a message stays at the node where it was published, and crosses by a bridge rule alone', async () => {
    const [a, b] = [await startNode('a'), await startNode('b')];
    await using there = await connectClient(b, 'mqtt');
    await there.mqtt.subscribeAsync(['a/#', 'signal/#'], { qos: 1 });
    await using here = await connectClient(a, 'mqtt');
    await here.mqtt.publishAsync('a/1', 'stays', { qos: 1 });
    await here.mqtt.publishAsync('signal/1', 'crosses', { qos: 1 });
    await there.take(1);
    expect(there.messages.map(({ topic }) => topic)).toEqual(['signal/1']);
  });

  test('every node queues what the bridge brings, so that a session that is away gets it once for each', async () => {
    const [a, b] = [await startNode('a'), await startNode('b')];
    await leaveSession(a);
    await using here = await connectClient(a, 'mqtt');
    await using witness = await connectClient(b, 'mqtt');
    await witness.mqtt.subscribeAsync('signal/#', { qos: 1 });
    await here.mqtt.publishAsync('signal/1', 'twice', { qos: 1 });
    await witness.take(1);
    await using client = device(a);
    const copies = await client.take(2);
    expect(copies.map(({ topic }) => topic)).toEqual(['signal/1', 'signal/1']);
  });

  test('take-over ends at the node: one client id at two nodes, and both connections stay', async () => {
    const [a, b] = [await startNode('a'), await startNode('b')];
    await using first = device(a);
    await connected(first);
    await using second = device(b);
    await connected(second);
    await second.mqtt.publishAsync('a/b', 'x', { qos: 1 });
    await first.mqtt.publishAsync('a/b', 'x', { qos: 1 });
    expect([first.mqtt.connected, second.mqtt.connected]).toEqual([true, true]);
  });

  test('a shared subscription chooses a member at each node', async () => {
    const [a, b] = [await startNode('a'), await startNode('b')];
    await using here = await connectClient(a, 'mqtt', { protocolVersion: 5 });
    await using there = await connectClient(b, 'mqtt', { protocolVersion: 5 });
    for (const member of [here, there]) await member.mqtt.subscribeAsync('$share/g/signal/#', { qos: 1 });
    await here.mqtt.publishAsync('signal/1', 'at each', { qos: 1 });
    await Promise.all([here.take(1), there.take(1)]);
    expect([here.messages.length, there.messages.length]).toEqual([1, 1]);
  });
});
