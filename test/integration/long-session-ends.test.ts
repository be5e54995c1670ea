import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { leastOf } from '../support/least-of.ts';
import { hex, packet, section, text, u16, u32 } from '../support/packet-bytes.ts';
import { type RawClient, rawClient } from '../support/raw-client.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { watchTurns } from '../support/watch-turns.ts';

const total = 10_000;
const perPacket = 1_000;
/** Of the processor, in one turn of the event loop. */
const mostTurnMs = 60;

const sessionExpiry = (seconds: number): Buffer => section(0x11, u32(seconds));

/** MQTT 5. @returns the client, and whether there was a session to go on with */
async function connect(port: number, isClean: boolean, expirySeconds = 600): Promise<[RawClient, boolean]> {
  const client = await rawClient(port);
  client.write(packet(0x10, text('MQTT'), 5, isClean ? 2 : 0, u16(0), sessionExpiry(expirySeconds), text('long')));
  const connack = await client.receive(4);
  expect(connack[3]).toBe(0);
  return [client, connack[2] === 1];
}

async function subscribe(client: RawClient, count: number): Promise<void> {
  const before = client.received().length;
  let answers = 0;
  for (let from = 0; from < count; from += perPacket) {
    const most = Math.min(perPacket, count - from);
    const filters = Array.from({ length: most }, (_, index) => [text(`dev/${from + index}/state`), 1]).flat();
    client.write(packet(0x82, u16(from + 1), 0, ...filters));
    answers += packet(0x90, u16(1), 0, Buffer.alloc(most)).length;
  }
  await client.receive(before + answers);
}

describe.each(['memory', 'disk', 'redis'] as const)('%s store', (type) => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let redis: RedisServer | undefined;
  let broker: TestBroker;
  let port: number;
  beforeAll(async () => {
    directory = await temporaryDirectory();
    if (type === 'redis') redis = await startRedisServer();
    broker = await startBroker({
      listeners: [{ name: 'mqtt', bind: '127.0.0.1:0', tls: 'off', accept: ['mqtt'] }],
      log: { level: 'info', format: 'json' },
      store: { type, directory: directory.path, ...(redis === undefined ? {} : { redis: { url: redis.url } }) },
    });
    port = broker.port('mqtt');
  });
  afterAll(async () => {
    await broker?.[Symbol.asyncDispose]();
    await redis?.[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  const ends: readonly (readonly [name: string, end: (client: RawClient) => Promise<unknown>])[] = [
    ['a DISCONNECT with expiry 0', async (client) => client.write(packet(0xe0, 0, sessionExpiry(0)))],
    ['a clean start that takes over', () => startAgain()],
    ['its expiry', (client) => expire(client)],
  ];
  const startAgain = async (): Promise<void> => {
    const [next] = await connect(port, true);
    next.write(hex('e000'));
    await next.closed;
  };
  const expire = async (client: RawClient): Promise<void> => {
    client.write(packet(0xe0, 0, sessionExpiry(1)));
    await broker.log.waitFor(/nobody came back in time/);
  };

  /** @returns the longest turn */
  async function subscribeAndEnd(name: string, end: (client: RawClient) => Promise<unknown>): Promise<number> {
    const [client] = await connect(port, false);
    await subscribe(client, total);
    const turns = watchTurns();
    await end(client);
    const [next, isPresent] = await connect(port, false); // waits until the session is over
    turns.stop();
    await subscribe(next, 1);
    await next[Symbol.asyncDispose]();
    await client[Symbol.asyncDispose]();
    const [again, isPresentAgain] = await connect(port, false);
    expect([isPresent, isPresentAgain]).toEqual([name === 'a clean start that takes over', true]); // one begins with it
    again.write(packet(0xe0, 0, sessionExpiry(0)));
    await again.closed;
    return turns.worstMs();
  }

  test.each(ends)('10,000 subscriptions end with %s in turns that hold up nobody, and are gone', async (name, end) => {
    expect(await leastOf(mostTurnMs, () => subscribeAndEnd(name, end))).toBeLessThan(mostTurnMs);
  });
});
