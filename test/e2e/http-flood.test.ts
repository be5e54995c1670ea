import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RawClient, rawClient } from '../support/raw-client.ts';
import { type ServingBroker, serve } from '../support/serving.ts';

const clients = 300;
const mebibyte = 1_048_576;
let broker: ServingBroker;
/** A path of the largest file of the console page, of some 340 kB. */
let largest: string;

/** On a connection of its own. */
const ask = (path: string) => fetch(`http://127.0.0.1:${broker.port}${path}`, { headers: { connection: 'close' } });

beforeAll(async () => {
  // garbage that lies in the young generation until V8 has let that grow is not what clients cost
  const young = '--max-semi-space-size=1';
  broker = await serve({}, { VIADUCT_LISTENERS_0_HTTP_RESPONSETIMEOUT: '4s', NODE_OPTIONS: young });
  const main = /\/assets\/main-\w+\.js/.exec(await (await ask('/')).text())?.[0] ?? '';
  const file = /mqtt-connection-\w+\.js/.exec(await (await ask(main)).text())?.[0] ?? '';
  largest = `/assets/${file}`;
  expect((await (await ask(largest)).text()).length).toBeGreaterThan(200_000);
});
afterAll(() => broker[Symbol.asyncDispose]());

/** Clients that send this and read nothing. */
async function flood(sent: Buffer): Promise<RawClient[]> {
  const flooding = await Promise.all(Array.from({ length: clients }, () => rawClient(broker.port)));
  for (const { socket } of flooding) {
    socket.pause();
    socket.write(sent);
  }
  return flooding;
}

/** Asks for the state until none but the connection that asks is left. @returns the most memory it took meanwhile. */
async function watch(): Promise<number> {
  let most = 0;
  for (let connections = clients; connections > 1; connections = await broker.metric('listener_connections')) {
    expect((await ask('/healthz')).status).toBe(200);
    most = Math.max(most, broker.ownBytes());
  }
  return most;
}

const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;

test.each([
  ['2,000 requests at once', () => request('/').repeat(2_000)],
  ['requests for 3 MB', () => request(largest).repeat(9)],
])('300 clients that send %s and read nothing are closed in time and cost little memory', async (_, sent) => {
  const before = broker.ownBytes();
  const flooding = await flood(Buffer.from(sent()));
  const most = await watch();
  expect(most - before).toBeLessThan(150 * mebibyte);
  for (const client of flooding) {
    client.socket.resume();
    await client.closed;
  }
});
