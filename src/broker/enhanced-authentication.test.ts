import type { IAuthPacket, Packet } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { startMemoryBroker } from '../../test/support/memory-broker.ts';
import { recordedTelemetry } from '../../test/support/recorded-telemetry.ts';
import { WireClient } from '../../test/support/wire-client.ts';
import type { Broker } from './broker.ts';
import type { AuthenticationVerdict, Authenticator } from './ports.ts';

const signal = new AbortController().signal; // the time limit of each test ends what hangs
const startMs = Date.parse('2026-06-01T00:00:00Z');
const hourMs = 3_600_000;
const unanswered = 'mqtt_connects_unanswered_total';
const method = 'talk';

/** Asks a client for its name and, behind a colon, how long it may stay; "slow" is never decided. */
const talking: Authenticator = {
  serves: (_peer, name) => name === method,
  authenticate({ exchange }) {
    if (exchange === undefined) return { kind: 'accept', principal: 'plain', trust: 'test' };
    return async (): Promise<AuthenticationVerdict> => {
      const answer = Buffer.from((await exchange.ask(Buffer.from('who?'))) ?? '').toString();
      const [name = '', lasts] = answer.split(':');
      if (name === 'slow') return new Promise(() => undefined);
      if (name === '') return { kind: 'reject', code: 'bad-credentials', reason: 'it has no name' };
      const expires = lasts === undefined ? {} : { expiresAtMs: startMs + Number(lasts) };
      return { kind: 'accept', principal: name, trust: 'test', data: Buffer.from(`hello ${name}`), ...expires };
    };
  },
};

const auth = (reasonCode: number, data: string): Packet => ({
  cmd: 'auth',
  reasonCode,
  properties: { authenticationMethod: method, authenticationData: Buffer.from(data) },
});

/** A client that has named its method, and was asked. */
async function askedClient(broker: Broker, clientId: string, properties: object = {}) {
  const client = new WireClient(broker, 5);
  const connack = client.connect(clientId, true, { properties: { authenticationMethod: method, ...properties } });
  await expect.poll(() => client.received.length, { interval: 1 }).toBe(1);
  return { client, connack };
}

const said = (packet: Packet | undefined): string =>
  Buffer.from((packet as IAuthPacket | undefined)?.properties?.authenticationData ?? '').toString();

test('AUTH asks, the answer is heard, and CONNACK and each AUTH name the method [MQTT-4.12.0-2] [MQTT-4.12.0-3] [MQTT-4.12.0-5]', async () => {
  const broker = await startMemoryBroker({ authenticator: talking });
  const { client, connack } = await askedClient(broker, 'a');
  const named = { authenticationMethod: method };
  expect(client.received[0]).toMatchObject({ cmd: 'auth', reasonCode: 0x18, properties: named });
  expect(said(client.received[0])).toBe('who?');
  client.send(auth(0x18, 'ann'));
  const accepted = await connack;
  expect(accepted).toMatchObject({ reasonCode: 0, properties: named });
  expect(said(accepted)).toBe('hello ann');
  await broker.stop(signal);
});

test('a client that is asked holds no place of those who wait, and is refused once its time is up', async () => {
  const clock = fakeClock();
  const telemetry = recordedTelemetry();
  const limits = { connectsWaiting: 1, authenticationTimeout: '2s' };
  const broker = await startMemoryBroker({ authenticator: talking, clock, telemetry, limits });
  const silent = [await askedClient(broker, 'a'), await askedClient(broker, 'b'), await askedClient(broker, 'c')];
  const able = await askedClient(broker, 'd');
  able.client.send(auth(0x18, 'dan'));
  expect(await able.connack).toMatchObject({ reasonCode: 0 });
  clock.advance(3_000);
  for (const { connack } of silent) expect(await connack).toMatchObject({ reasonCode: 0x87 });
  expect(telemetry.count(unanswered, { listener: 'test', cause: 'silent' })).toBe(3);
  expect(telemetry.lines('warn').join('\n')).toContain('limits.authenticationTimeout (2000 ms)');
  await broker.stop(signal);
});

test('who answers while all places are taken is told to come again: 0x97; a verdict that takes long holds its place', async () => {
  const clock = fakeClock();
  const telemetry = recordedTelemetry();
  const limits = { connectsWaiting: 1, authenticationTimeout: '2s' };
  const broker = await startMemoryBroker({ authenticator: talking, clock, telemetry, limits });
  const slow = await askedClient(broker, 'slow');
  const late = await askedClient(broker, 'late');
  slow.client.send(auth(0x18, 'slow'));
  late.client.send(auth(0x18, 'ann'));
  expect(await late.connack).toMatchObject({ reasonCode: 0x97 });
  const third = new WireClient(broker, 5).connect('third', true, { properties: { authenticationMethod: method } });
  expect(await third).toMatchObject({ reasonCode: 0x97 });
  clock.advance(3_000);
  expect(await slow.connack).toMatchObject({ reasonCode: 0x88 });
  expect(telemetry.count(unanswered, { cause: 'full' })).toBe(2);
  expect(telemetry.count(unanswered, { cause: 'timeout' })).toBe(1);
  const next = await askedClient(broker, 'next');
  next.client.send(auth(0x18, 'ann'));
  expect(await next.connack).toMatchObject({ reasonCode: 0 });
  await broker.stop(signal);
});

test.each([
  ['says DISCONNECT', (client: WireClient) => client.send({ cmd: 'disconnect' })],
  ['goes away', (client: WireClient) => client.close()],
])('a client that %s in the exchange is gone, with nothing said and nothing counted', async (_how, leave) => {
  const telemetry = recordedTelemetry();
  const broker = await startMemoryBroker({ authenticator: talking, telemetry });
  const { client } = await askedClient(broker, 'a');
  leave(client);
  expect(client.closed).toBeDefined();
  const again = await askedClient(broker, 'a');
  again.client.send(auth(0x18, 'ann'));
  expect(await again.connack).toMatchObject({ reasonCode: 0 });
  expect(client.received).toHaveLength(1);
  expect(telemetry.count(unanswered)).toBe(0);
  await broker.stop(signal);
});

test('re-authentication that ends well is told to the log, and counted', async () => {
  const telemetry = recordedTelemetry();
  const broker = await startMemoryBroker({ authenticator: talking, telemetry });
  const { client, connack } = await askedClient(broker, 'a');
  client.send(auth(0x18, 'ann'));
  await connack;
  await client.ask(auth(0x19, ''), 'auth');
  await client.ask(auth(0x18, 'ann'), 'auth');
  expect(telemetry.count('mqtt_reauthentications_total', { listener: 'test' })).toBe(1);
  expect(telemetry.lines('info').join('\n')).toContain(
    'client "a" on test from 127.0.0.1:1 has proved anew to be "ann", by talk',
  );
  await broker.stop(signal);
});

test('re-authentication moves the end of the connection, further away or nearer [MQTT-4.12.1-1]', async () => {
  const clock = fakeClock(startMs);
  const broker = await startMemoryBroker({ authenticator: talking, clock });
  const { client, connack } = await askedClient(broker, 'a');
  client.send(auth(0x18, `ann:${hourMs}`));
  await connack;
  const again = async (answer: string): Promise<Packet> => {
    await client.ask(auth(0x19, ''), 'auth');
    return client.ask(auth(0x18, answer), 'auth');
  };
  expect(await again(`ann:${3 * hourMs}`)).toMatchObject({ reasonCode: 0 });
  clock.advance(2 * hourMs);
  await client.ping();
  expect(client.closed).toBeUndefined(); // what it came by has ended an hour ago
  expect(await again('ann')).toMatchObject({ reasonCode: 0 });
  clock.advance(2 * hourMs);
  await client.ping();
  expect(client.closed).toBeUndefined(); // what has no end ends nothing
  expect(await again(`ann:${5 * hourMs}`)).toMatchObject({ reasonCode: 0 });
  clock.advance(hourMs + 1_000);
  expect(client.received.at(-1)).toMatchObject({ cmd: 'disconnect', reasonCode: 0x87 });
  await broker.stop(signal);
});

test.each([
  ['fails', auth(0x18, ''), 0x87],
  ['is another client', auth(0x18, 'bob'), 0x87],
  ['begins a second one meanwhile', auth(0x19, ''), 0x82],
])('a re-authentication that %s ends the connection with DISCONNECT [MQTT-4.12.1-2]', async (_how, packet, code) => {
  const broker = await startMemoryBroker({ authenticator: talking });
  const { client, connack } = await askedClient(broker, 'a');
  client.send(auth(0x18, 'ann'));
  await connack;
  await client.ask(auth(0x19, ''), 'auth');
  expect(await client.ask(packet, 'disconnect')).toMatchObject({ reasonCode: code });
  await broker.stop(signal);
});

test('while it is asked anew a client goes on as before, and is disconnected where it does not answer in time', async () => {
  const clock = fakeClock();
  const telemetry = recordedTelemetry();
  const limits = { connectsWaiting: 1, authenticationTimeout: '2s' };
  const broker = await startMemoryBroker({ authenticator: talking, clock, telemetry, limits });
  const { client, connack } = await askedClient(broker, 'a');
  client.send(auth(0x18, 'ann'));
  await connack;
  await client.ask(auth(0x19, ''), 'auth');
  await client.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 't', qos: 1 }] }, 'suback');
  await client.ask(
    { cmd: 'publish', topic: 't', payload: 'x', qos: 1, retain: false, dup: false, messageId: 2 },
    'puback',
  );
  await expect.poll(() => client.seen.length, { interval: 1 }).toBe(1);
  const goodbye = client.ask({ cmd: 'pingreq' }, 'disconnect');
  clock.advance(3_000);
  expect(await goodbye).toMatchObject({ reasonCode: 0x87 });
  expect(telemetry.lines('warn').join('\n')).toContain('re-authentication failed: it did not say');
  await broker.stop(signal);
});

test('AUTH is never larger than the client takes, and has neither Reason String nor User Properties [MQTT-3.15.2-1] [MQTT-3.15.2-2] [MQTT-3.15.2-3] [MQTT-3.1.2-24]', async () => {
  const broker = await startMemoryBroker({ authenticator: talking });
  const { client } = await askedClient(broker, 'a');
  const { properties } = client.received[0] as IAuthPacket;
  expect(Object.keys(properties ?? {}).toSorted()).toEqual(['authenticationData', 'authenticationMethod']);
  const small = new WireClient(broker, 5);
  const answer = small.connect('b', true, { properties: { authenticationMethod: method, maximumPacketSize: 16 } });
  expect(await answer).toMatchObject({ cmd: 'connack', reasonCode: 0x95 });
  expect(small.received).toHaveLength(1);
  await broker.stop(signal);
});
