import { expect, test } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { startMemoryBroker } from '../../test/support/memory-broker.ts';
import { recordedTelemetry } from '../../test/support/recorded-telemetry.ts';
import { WireClient } from '../../test/support/wire-client.ts';
import type { Parts } from './query-port.ts';

const signal = new AbortController().signal; // the time limit of each test ends what hangs

async function all<T>(parts: Parts<T>): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const part of parts) items.push(...part);
  return items;
}

test('clients that were accepted are listed, oldest first, with how they are connected', async () => {
  const broker = await startMemoryBroker({ clock: fakeClock(1_000) });
  const [first, second, hasty] = [new WireClient(broker, 5), new WireClient(broker, 4), new WireClient(broker, 5)];
  await first.connect('first', false, { keepalive: 30 });
  await second.connect('second', true);
  void hasty.connect('', true, { protocolId: 'none' as 'MQTT' });
  const place = { listener: 'test', protocol: 'mqtt', address: '127.0.0.1', port: 1, tls: undefined };
  const known = { principal: 'anonymous', connectedAt: 1_000 };
  expect(await all(broker.queries.clients())).toEqual([
    {
      clientId: 'first',
      mqtt: 'MQTT 5',
      keepAliveSeconds: 30,
      isPersistent: true,
      expirySeconds: 600,
      ...place,
      ...known,
    },
    {
      clientId: 'second',
      mqtt: 'MQTT 3.1.1',
      keepAliveSeconds: 0,
      isPersistent: false,
      expirySeconds: 0,
      ...place,
      ...known,
    },
  ]);
  first.close();
  await expect.poll(async () => (await all(broker.queries.clients())).length, { interval: 1 }).toBe(1);
  await broker.stop(signal);
});

test('a list that is under way goes on while clients come and go, and is not copied', async () => {
  const broker = await startMemoryBroker();
  const clients = Array.from({ length: 600 }, () => new WireClient(broker, 4));
  await Promise.all(clients.map((client, index) => client.connect(`c${index}`, true)));
  const parts = (broker.queries.clients() as Iterable<Iterable<{ clientId: string }>>)[Symbol.iterator]();
  const idsOf = (part: Iterable<{ clientId: string }> | undefined): string[] =>
    Array.from(part ?? [], ({ clientId }) => clientId);
  const first = idsOf(parts.next().value as Iterable<{ clientId: string }>);
  expect(first).toEqual(Array.from({ length: 256 }, (_, index) => `c${index}`));
  for (const client of clients.slice(0, 500)) client.close();
  await expect.poll(() => broker.connections(), { interval: 1 }).toBe(100);
  const late = new WireClient(broker, 4);
  await late.connect('late', true);
  const rest: string[] = [];
  for (let next = parts.next(); next.done !== true; next = parts.next()) rest.push(...idsOf(next.value));
  expect(rest).toEqual([...Array.from({ length: 100 }, (_, index) => `c${500 + index}`), 'late']);
  await broker.stop(signal);
});

test('sessions, their subscriptions and queues are listed, connected or not, and messages without their payload', async () => {
  const startMs = Date.now();
  const broker = await startMemoryBroker({ clock: fakeClock(startMs) });
  const sub = new WireClient(broker, 5);
  await sub.connect('sub', false);
  const subscriptions = [
    { topic: 'a/#', qos: 1 as const, nl: true },
    { topic: '$share/g/b', qos: 2 as const, rap: true },
  ];
  const properties = { subscriptionIdentifier: 7 };
  await sub.ask({ cmd: 'subscribe', messageId: 1, subscriptions, properties } as never, 'suback');
  const clean = new WireClient(broker, 4);
  await clean.connect('clean', true);
  await clean.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'c', qos: 0 }] }, 'suback');
  const { queries } = broker;
  const listed = [
    { filter: 'a/#', qos: 1, noLocal: true, retainAsPublished: false, identifier: 7 },
    { filter: '$share/g/b', qos: 2, noLocal: false, retainAsPublished: true, identifier: 7 },
  ];
  expect(await all(queries.subscriptions('sub'))).toEqual(listed);
  expect(await all(queries.subscriptions('clean'))).toEqual([
    { filter: 'c', qos: 0, noLocal: false, retainAsPublished: false, identifier: undefined },
  ]);
  const session = { clientId: 'sub', principal: 'anonymous', expirySeconds: 600 };
  expect(await all(queries.sessions())).toEqual([{ ...session, isConnected: true, disconnectedAt: undefined }]);
  sub.close();
  await expect.poll(() => broker.connections(), { interval: 1 }).toBe(1);
  expect(await all(queries.sessions())).toEqual([{ ...session, isConnected: false, disconnectedAt: startMs }]);
  expect(await all(queries.subscriptions('sub'))).toEqual(listed);
  expect(await all(queries.subscriptions('nobody'))).toEqual([]);

  const message = { cmd: 'publish', topic: 'a/b', payload: 'secret', qos: 1, retain: true, dup: false } as const;
  const expiry = { properties: { messageExpiryInterval: 60 } };
  const pub = new WireClient(broker, 5);
  await pub.connect('pub', true);
  await pub.ask({ ...message, messageId: 1, ...expiry }, 'puback');
  const facts = { topic: 'a/b', qos: 1, payloadBytes: 6, publisher: 'pub', expiresAt: startMs + 60_000 };
  expect(await all(queries.retained('a/+'))).toEqual([facts]);
  expect(await all(queries.retained('b'))).toEqual([]);
  expect(await all(queries.queue('sub'))).toEqual([{ kind: 'message', packetId: undefined, ...facts }]);
  expect(await all(queries.queue('nobody'))).toEqual([]);
  await broker.stop(signal);
});

test('what happens to sessions and subscriptions is told, each once', async () => {
  const telemetry = recordedTelemetry();
  const broker = await startMemoryBroker({ telemetry });
  const connect = async (isClean: boolean, more = {}): Promise<WireClient> => {
    const client = new WireClient(broker, 5);
    await client.connect('s', isClean, more);
    return client;
  };
  const expiring = { properties: { sessionExpiryInterval: 600 } };
  const first = await connect(false);
  for (const messageId of [1, 2])
    await first.ask({ cmd: 'subscribe', messageId, subscriptions: [{ topic: 't', qos: 1 }] }, 'suback');
  await first.ask({ cmd: 'unsubscribe', messageId: 1, unsubscriptions: ['t', 'absent'] }, 'unsuback');
  expect(telemetry.count('subscriptions_added_total', { clientId: 's', filter: 't', qos: 1 })).toBe(1);
  expect(telemetry.count('subscriptions_removed_total', { clientId: 's' })).toBe(1);
  await connect(false); // takes it over and goes on
  expect([telemetry.count('sessions_begun_total'), telemetry.count('sessions_ended_total')]).toEqual([1, 0]);
  const anew = await connect(true, expiring);
  expect(telemetry.count('sessions_ended_total', { cause: 'clean-start' })).toBe(1);
  expect(telemetry.count('sessions_begun_total')).toBe(2);
  anew.send({ cmd: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 0 } });
  await expect.poll(() => telemetry.count('sessions_ended_total', { cause: 'left' }), { interval: 1 }).toBe(1);
  await connect(true); // there is none to end, and none begins
  expect([telemetry.count('sessions_begun_total'), telemetry.count('sessions_ended_total')]).toEqual([2, 2]);
  await broker.stop(signal);
});
