import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import mqtt from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { rawClient } from '../support/raw-client.ts';

const everything = { name: 'everything', bind: '127.0.0.1:0', tls: 'auto', accept: ['mqtt', 'websocket', 'http'] };

let broker: TestBroker;
let port: number;
beforeAll(async () => {
  broker = await startBroker({ listeners: [everything] });
  port = broker.port('everything');
});
afterAll(() => broker[Symbol.asyncDispose]());

test('mqtt, mqtts, ws and wss stay connected together on one port and hear each other', async () => {
  const ca = readFileSync(broker.file('root-ca.pem'));
  const urls = ['mqtt', 'mqtts', 'ws', 'wss'].map(
    (scheme) => `${scheme}://localhost:${port}${scheme.startsWith('ws') ? '/mqtt' : ''}`,
  );
  const options = { ca, reconnectPeriod: 0, clean: true };
  const clients = await Promise.all(urls.map((url) => mqtt.connectAsync(url, options, false)));
  const heard = clients.map((client) => {
    const texts: string[] = [];
    return new Promise<string[]>((resolve) => {
      client.on('message', (_topic, payload) => {
        texts.push(payload.toString());
        if (texts.length === clients.length) resolve(texts.sort());
      });
    });
  });
  for (const client of clients) await client.subscribeAsync('hall/#', { qos: 1 });
  for (const [index, client] of clients.entries()) await client.publishAsync('hall/call', String(index), { qos: 1 });
  for (const texts of heard) expect(await texts).toEqual(['0', '1', '2', '3']);
  for (const protocol of ['mqtt', 'mqtts', 'ws', 'wss'])
    expect(broker.log.count(new RegExp(`connected with.*\\(${protocol}\\)`))).toBe(1);
  await Promise.all(clients.map((client) => client.endAsync()));
});

test('the same port serves the console page', async () => {
  const ca = readFileSync(broker.file('root-ca.pem'));
  const status = await new Promise((resolve, reject) => {
    request({ host: 'localhost', port, ca, path: '/' }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
  expect(status).toBe(200);
});

test('a client that sends one byte and falls silent is cut off in time', async () => {
  await using impatient = await startBroker({
    listeners: [{ ...everything, handshakeTimeout: '1s' }],
    limits: { connectTimeout: '1s' },
  });
  for (const first of ['16', '10', '47']) {
    await using client = await rawClient(impatient.port('everything'));
    client.write(first);
    await client.closed;
  }
  expect(impatient.log.count(/everything.*handshakeTimeout|everything.*in time|everything.*within/)).toBeGreaterThan(0);
});
