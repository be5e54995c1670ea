import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { connectClient } from '../support/mqtt-client.ts';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startBroker();
});
afterAll(() => broker[Symbol.asyncDispose]());

const get = (path: string): Promise<{ status: number | undefined; text: string }> =>
  new Promise((resolve, reject) => {
    const options = { host: 'localhost', port: broker.port('wss'), ca: readFileSync(broker.file('root-ca.pem')), path };
    const asked = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    asked.on('error', reject).end();
  });

test('/healthz says that the broker is ready and connected to NATS', async () => {
  await using client = await connectClient(broker, 'mqtts');
  expect(client.mqtt.connected).toBe(true);
  const { status, text } = await get('/healthz');
  expect(status).toBe(200);
  expect(JSON.parse(text)).toMatchObject({
    name: 'viaduct',
    status: 'ok',
    nats: { status: 'connected', embedded: true },
    connections: 1,
  });
});

test('/metrics counts what happens', async () => {
  await using client = await connectClient(broker, 'wss');
  await client.mqtt.subscribeAsync('a');
  const { status, text } = await get('/metrics');
  expect(status).toBe(200);
  expect(text).toMatch(/^viaduct_mqtt_connections 1$/m);
  expect(text).toMatch(/^viaduct_nats_connected 1$/m);
  expect(text).toMatch(/^viaduct_plane_subscriptions \d+$/m);
  expect(text).toMatch(/^viaduct_mqtt_connects_total\{.*listener="wss".*\} \d+$/m);
});
