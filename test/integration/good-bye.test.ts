import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { connectClient, type TestClient } from '../support/mqtt-client.ts';
import { bytesOf } from '../support/protocol-notation.ts';
import { connect4, connect5, lasting } from '../support/protocol-packets.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Sends bytes in one write, and closes in a way of its own without reading anything. */
type Way = (broker: TestBroker, bytes: Buffer) => Promise<void>;

const tcp = async (broker: TestBroker): Promise<Socket> => {
  const socket = createConnection({ port: broker.port('mqtt'), host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
};

const websocket = async (broker: TestBroker): Promise<WebSocket> => {
  const socket = new WebSocket(`wss://localhost:${broker.port('wss')}/mqtt`, 'mqtt', {
    ca: readFileSync(broker.file('root-ca.pem')),
  });
  socket.on('error', () => undefined);
  await once(socket, 'open');
  return socket;
};

const ways: Readonly<Record<string, Way>> = {
  'close() of the socket': async (broker, bytes) => {
    const socket = await tcp(broker);
    socket.write(bytes, () => socket.destroy());
    await once(socket, 'close');
  },
  'a half-close': async (broker, bytes) => {
    const socket = await tcp(broker);
    socket.resume().end(bytes);
    await once(socket, 'close');
  },
  'a reset behind the data': async (broker, bytes) => {
    const socket = await tcp(broker);
    socket.write(bytes, () => socket.resetAndDestroy());
    await once(socket, 'close');
  },
  'close_notify of TLS': async (broker, bytes) => {
    const socket = connectTls({
      port: broker.port('mqtts'),
      host: '127.0.0.1',
      servername: 'localhost',
      ca: readFileSync(broker.file('root-ca.pem')),
    });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    socket.resume().end(bytes);
    await once(socket, 'close');
  },
  'a close frame of WebSocket': async (broker, bytes) => {
    const socket = await websocket(broker);
    socket.send(bytes);
    socket.close();
    await once(socket, 'close');
  },
  'the end of a WebSocket without a close frame': async (broker, bytes) => {
    const socket = await websocket(broker);
    socket.send(bytes, () => socket.terminate());
    await once(socket, 'close');
  },
};

describe.each(['memory', 'disk'] as const)('with the store %s', (type) => {
  let broker: TestBroker;
  let listener: TestClient;
  let data: Awaited<ReturnType<typeof temporaryDirectory>>;
  beforeAll(async () => {
    data = await temporaryDirectory();
    broker = await startBroker({ store: type === 'disk' ? { type, directory: data.path } : { type } });
    listener = await connectClient(broker, 'mqtt');
    await listener.mqtt.subscribeAsync('bye/#', { qos: 2 });
  });
  afterAll(async () => {
    await listener[Symbol.asyncDispose]();
    await broker[Symbol.asyncDispose]();
    await data[Symbol.asyncDispose]();
  });

  let runs = 0;
  const cases = Object.keys(ways).flatMap((way) =>
    [
      ['MQTT 3.1.1', 'clean'],
      ['MQTT 3.1.1', 'persistent'],
      ['MQTT 5', 'clean'],
      ['MQTT 5', 'persistent'],
    ].map(([version, session]) => [way, version, session] as const),
  );
  test.each(cases)(
    'a good-bye is a good-bye with %s (%s, %s session): messages are taken, the will is not [MQTT-3.14.4-3]',
    async (way, version, session) => {
      runs += 1;
      const id = `leaver${runs}`;
      const isClean = session === 'clean';
      const will = `s"bye/${id}" s"will"`;
      const connect =
        version === 'MQTT 5'
          ? connect5(id, isClean ? '' : lasting, '06', `00 ${will}`)
          : connect4(id, isClean ? '06' : '04', will);
      const properties = version === 'MQTT 5' ? '00' : '';
      const messages = Array.from(
        { length: 5 },
        (_, index) => `34 .. s"bye/${id}" 000${index + 2} ${properties} "${index + 2}"`,
      );
      const sent = [connect, `32 .. s"bye/${id}" 0001 ${properties} "1"`, ...messages, 'e0 00'].join(' | ');
      const before = listener.messages.length;
      await ways[way]?.(broker, bytesOf(sent));
      await listener.take(before + 6);
      await broker.log.waitFor(new RegExp(`"client \\\\"${id}\\\\" on .* disconnected`));
      await listener.mqtt.publishAsync('bye/end', id, { qos: 1 });
      const taken = await listener.take(before + 7);
      expect(taken.slice(before).map(({ payload }) => payload.toString())).toEqual(['1', '2', '3', '4', '5', '6', id]);
    },
  );

  // a client that closes with unread answers resets its connection, and takes back what it has not sent
  test.each(['a half-close', 'close_notify of TLS', 'a close frame of WebSocket'])(
    'a burst of 900 messages of 1 KiB before a good-bye comes whole, with %s',
    async (way) => {
      runs += 1;
      const id = `burst${runs}`;
      const hex = (index: number): string => index.toString(16).padStart(4, '0');
      const messages = Array.from({ length: 900 }, (_, index) => `32 .. s"bye/${id}" ${hex(index + 1)} 78*1024`);
      const before = listener.messages.length;
      await ways[way]?.(
        broker,
        bytesOf([connect4(id, '06', `s"bye/${id}" s"will"`), ...messages, 'e0 00'].join(' | ')),
      );
      await broker.log.waitFor(new RegExp(`"client \\\\"${id}\\\\" on .* disconnected`));
      await listener.mqtt.publishAsync('bye/end', id, { qos: 1 });
      const taken = await listener.take(before + 901);
      expect(taken.slice(before)).toHaveLength(901);
      expect(taken.at(-1)?.payload.toString()).toBe(id);
    },
  );
});
