import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { connectClient, type TestClient } from '../support/mqtt-client.ts';
import { hex } from '../support/packet-bytes.ts';
import { connackAccepted, connectA, type RawClient, rawClient, rawClientOn } from '../support/raw-client.ts';

let broker: TestBroker;
/** A pair that keeps exchanging numbered messages, whatever the others do. */
let pair: { sender: TestClient; receiver: TestClient };
let sent = 0;

beforeAll(async () => {
  broker = await startBroker({
    limits: {
      connectPacketSize: '1KiB',
      packetSize: '64KiB',
      outboundBuffer: '1MiB',
      receiveMaximum: 8,
    },
  });
});
afterAll(() => broker[Symbol.asyncDispose]());

beforeEach(async () => {
  sent = 0;
  pair = {
    sender: await connectClient(broker, 'mqtts', { protocolVersion: 5 }),
    receiver: await connectClient(broker, 'wss', { protocolVersion: 4 }),
  };
  await pair.receiver.mqtt.subscribeAsync('numbered', { qos: 1 });
  await exchange();
});
afterEach(async () => {
  await exchange();
  const received = await pair.receiver.take(sent);
  expect(received.map(({ payload }) => Number(payload.toString()))).toEqual([...received.keys()]);
  await pair.sender[Symbol.asyncDispose]();
  await pair.receiver[Symbol.asyncDispose]();
});

const exchange = async (): Promise<void> => {
  await pair.sender.mqtt.publishAsync('numbered', String(sent), { qos: 1 });
  sent += 1;
  await pair.receiver.take(sent);
};

const accepted = async (hex: string): Promise<RawClient> => {
  const client = await rawClient(broker.port('mqtt'));
  client.write(hex);
  await client.receive(4);
  return client;
};

const random = (size: number): Buffer => randomFillSync(Buffer.alloc(size));

test('random bytes over tcp, TLS and WebSocket cost their sender only', async () => {
  for (let round = 0; round < 40; round += 1) {
    await using plain = await rawClient(broker.port('mqtt'));
    plain.write(random(1 + round * 7));
    plain.socket.end();
    await using secure = rawClientOn(
      connectTls({ port: broker.port('mqtts'), host: 'localhost', rejectUnauthorized: false }),
    );
    await once(secure.socket, 'secureConnect');
    secure.write(random(1 + round * 7));
    secure.socket.end();
    const socket = new WebSocket(`wss://localhost:${broker.port('wss')}/mqtt`, 'mqtt', { rejectUnauthorized: false });
    await once(socket, 'open');
    socket.send(random(1 + round * 7));
    socket.terminate();
    await Promise.all([plain.closed, secure.closed, exchange()]);
  }
});

test('random bytes after a good CONNECT cost their sender only', async () => {
  for (let round = 0; round < 60; round += 1) {
    await using client = await accepted(connectA);
    client.write(random(1 + round * 3));
    client.socket.end();
    await Promise.all([client.closed, exchange()]);
  }
});

test('a packet cut in half waits for its other half', async () => {
  await using client = await rawClient(broker.port('mqtt'));
  const connect = hex(connectA);
  client.write(connect.subarray(0, 7));
  await exchange();
  client.write(connect.subarray(7));
  expect(await client.receive(4)).toEqual(hex(connackAccepted));
});

test('a CONNECT sent byte by byte is accepted', async () => {
  await using client = await rawClient(broker.port('mqtt'));
  for (const byte of hex(connectA)) client.write(Uint8Array.of(byte));
  expect(await client.receive(4)).toEqual(hex(connackAccepted));
});

test('a CONNECT that never ends is cut off in time, and the log says why', async () => {
  await using impatient = await startBroker({ limits: { connectTimeout: '1s' } });
  await using client = await rawClient(impatient.port('mqtt'));
  client.write('10 7f 00 04');
  await client.closed;
  await impatient.log.waitFor(/without CONNECT.*connectTimeout/);
});

test('a CONNECT above limits.connectPacketSize is refused before it is buffered', async () => {
  await using client = await rawClient(broker.port('mqtt'));
  client.write('10 ff ff 7f 00 04 4d 51 54 54 05 02 00 00');
  await client.closed;
  await broker.log.waitFor(/refused.*1024/);
});

test('a packet above limits.packetSize gets DISCONNECT 0x95 in MQTT 5 (MQTT-3.2.2-15)', async () => {
  await using client = await rawClient(broker.port('mqtt'));
  client.write('10 0f 00 04 4d 51 54 54 05 02 00 00 00 00 02 68 69');
  const connack = await client.receive(2);
  await client.receive(2 + (connack[1] ?? 0));
  const size = client.received().length;
  client.write('30 80 80 08');
  const answer = (await client.receive(size + 3)).subarray(size);
  expect(answer[0]).toBe(0xe0);
  expect(answer[2]).toBe(0x95);
  await client.closed;
});

test('more open QoS 2 messages than limits.receiveMaximum end in DISCONNECT 0x93 (MQTT-3.3.4-7)', async () => {
  await using client = await rawClient(broker.port('mqtt'));
  client.write('10 0f 00 04 4d 51 54 54 05 02 00 00 00 00 02 68 6a');
  await client.receive(4);
  for (let id = 1; id <= 9; id += 1) client.write(Buffer.from([0x34, 6, 0, 1, 0x61, 0, id, 0]));
  await client.closed;
  const received = client.received();
  expect(received.includes(Buffer.from([0x93]))).toBe(true);
  await broker.log.waitFor(/refused.*receiveMaximum.*0x93/);
});

test('a client that does not read is disconnected and delays nobody', async () => {
  const slow = createConnection({ port: broker.port('mqtt'), host: '127.0.0.1' });
  slow.on('error', () => undefined);
  await once(slow, 'connect');
  slow.write(hex('10 10 00 04 4d 51 54 54 04 02 00 00 00 04 73 6c 6f 77'));
  await once(slow, 'data');
  slow.write(hex('82 06 00 01 00 01 23 01')); // subscribes to # at QoS 1
  await once(slow, 'data');
  slow.pause();
  const closed = broker.log.waitFor(/client \\"slow\\".*does not read/);
  const payload = Buffer.alloc(60_000);
  let isOver = false;
  void closed.then(() => (isOver = true));
  while (!isOver) {
    await pair.sender.mqtt.publishAsync('flood', payload, { qos: 1 });
    await exchange();
  }
  await closed;
  slow.destroy();
});

test('10,000 idle handshakes leave the broker at everyone else’s service', async () => {
  const idle: Socket[] = [];
  for (let round = 0; round < 50; round += 1) {
    const opened = Array.from({ length: 200 }, () =>
      createConnection({ port: broker.port('mqtts'), host: '127.0.0.1' }).on('error', () => undefined),
    );
    await Promise.all(opened.map((socket) => once(socket, 'connect')));
    idle.push(...opened);
    await exchange();
  }
  expect(broker.app.listener('mqtts')?.pending()).toBeLessThanOrEqual(4_096); // the oldest were closed
  await using client = await connectClient(broker, 'mqtts');
  expect(client.mqtt.connected).toBe(true);
  for (const socket of idle) socket.destroy();
});
