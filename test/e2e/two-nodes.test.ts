import { connect as connectNats } from '@nats-io/transport-node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { connectClient } from '../support/mqtt-client.ts';
import { startNatsServer } from '../support/nats-server.ts';

let server: Awaited<ReturnType<typeof startNatsServer>>;
let nodes: readonly [TestBroker, TestBroker];
beforeEach(async () => {
  server = await startNatsServer();
  const start = (node: string) =>
    startBroker({ node, nats: { servers: [server.url], reconnectDelay: '50ms', reconnectDelayMax: '200ms' } });
  nodes = [await start('a'), await start('b')];
});
afterEach(async () => {
  for (const node of nodes) await node[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

test('two nodes on one NATS exchange each message once: what has come from NATS never goes back', async () => {
  const [a, b] = nodes;
  const nats = await connectNats({ servers: server.url });
  const onNats: string[] = [];
  nats.subscribe('signal.>', { callback: (_error, message) => void onNats.push(message.string()) });
  await nats.flush();
  await using here = await connectClient(a, 'mqtt');
  await using there = await connectClient(b, 'mqtt');
  await here.mqtt.subscribeAsync('signal/#', { qos: 1 });
  await there.mqtt.subscribeAsync('signal/#', { qos: 1 });

  await here.mqtt.publishAsync('signal/1', 'from a', { qos: 1 });
  await there.take(1);
  await there.mqtt.publishAsync('signal/2', 'from b', { qos: 1 });
  await here.take(2);
  nats.publish('signal.3', 'from a service');
  await here.take(3);
  await there.take(3);

  // a message that went round would have overtaken these by now
  await here.mqtt.publishAsync('signal/last', 'end', { qos: 1 });
  await there.take(4);
  await nats.flush();
  const expected = ['from a', 'from b', 'from a service', 'end'];
  expect(here.messages.map(({ payload }) => payload.toString())).toEqual(expected);
  expect(there.messages.map(({ payload }) => payload.toString())).toEqual(expected);
  expect(onNats).toEqual(expected);
  for (const node of nodes) expect(node.telemetry.count('bridge_loop_dropped_total')).toBe(0);
  await nats.close();
});

test('without NATS, MQTT goes on, the state is visible, and the bridge comes back by itself', async () => {
  const [a, b] = nodes;
  await using here = await connectClient(a, 'mqtt');
  await using there = await connectClient(b, 'mqtt');
  await here.mqtt.subscribeAsync('signal/#', { qos: 1 });
  await there.mqtt.subscribeAsync('signal/#', { qos: 1 });
  const lost = nodes.map((node) => node.log.waitFor(/lost the connection to NATS/));
  await server.kill();
  await Promise.all(lost);
  await here.mqtt.publishAsync('signal/local', 'still here', { qos: 1 });
  await here.take(1);
  expect(a.telemetry.count('bridge_dropped_total', { reason: 'nats-disconnected' })).toBe(1);

  await server.restart();
  for (const node of nodes) await expect.poll(() => node.log.count(/connected to NATS/)).toBe(2);
  await here.mqtt.publishAsync('signal/again', 'back', { qos: 1 });
  await there.take(1);
  expect(there.messages[0]?.payload.toString()).toBe('back');
});
