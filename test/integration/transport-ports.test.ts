import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { filePki } from '../support/file-pki.ts';
import { hex } from '../support/packet-bytes.ts';
import { connectA, type RawClient, rawClient, rawClientOn } from '../support/raw-client.ts';
import { startListener, type TestListener } from '../support/transport-listener.ts';
import { websocketStream } from '../support/websocket-stream.ts';

const { certificates, pki } = await filePki();

const connect = hex(connectA);

const tlsClient = async (port: number, options: ConnectionOptions = {}): Promise<RawClient> => {
  const socket = connectTls({ port, host: '127.0.0.1', ca: pki.root, ...options });
  await once(socket, 'secureConnect');
  return rawClientOn(socket);
};

const echoes = async (client: RawClient, hex: Uint8Array = connect): Promise<void> => {
  client.write(hex);
  expect(await client.receive(hex.length)).toEqual(Buffer.from(hex));
};

const wsEchoes = async (socket: WebSocket): Promise<void> => {
  await once(socket, 'open');
  socket.send(connect);
  const [data, isBinary] = await once(socket, 'message');
  expect(isBinary).toBe(true);
  expect(data).toEqual(connect);
};

const webSocket = (url: string): WebSocket => new WebSocket(url, 'mqtt', { ca: pki.root });

const protocolOf = async (server: TestListener): Promise<string> => (await server.accepted()).link.peer.protocol;

describe('one port with tls: auto', () => {
  const everything = { tls: 'auto', accept: ['mqtt', 'websocket', 'http'] };

  test('serves mqtt, mqtts, ws, wss, http and https side by side, each at its first try', async () => {
    await using server = await startListener(everything, {
      certificates,
      http: (request, response) => response.end(`page ${request.url}`),
    });
    const { port } = server;
    await using mqtt = await rawClient(port);
    await echoes(mqtt);
    expect(await protocolOf(server)).toBe('mqtt');
    await using mqtts = await tlsClient(port);
    await echoes(mqtts);
    expect(await protocolOf(server)).toBe('mqtts');
    const ws = webSocket(`ws://127.0.0.1:${port}/mqtt`);
    await wsEchoes(ws);
    expect(await protocolOf(server)).toBe('ws');
    const wss = webSocket(`wss://127.0.0.1:${port}/mqtt`);
    await wsEchoes(wss);
    expect(await protocolOf(server)).toBe('wss');
    const stream = websocketStream(`wss://localhost:${port}/mqtt`, { ca: Buffer.from(pki.root) });
    stream.write(connect);
    expect((await once(stream, 'data'))[0]).toEqual(connect);
    const page: IncomingMessage = (await once(get({ port, path: '/x', agent: false }), 'response'))[0];
    expect(await text(page)).toBe('page /x');
    await using https = await tlsClient(port);
    https.write(Buffer.from('GET /y HTTP/1.0\r\n\r\n'));
    await https.closed;
    expect(https.received().toString()).toContain('page /y');

    for (const client of [mqtt, mqtts]) {
      client.write(connect);
      await client.receive(2 * connect.length);
    }
    expect(server.listener.pending()).toBe(0);
    expect(server.events('connections_refused_total')).toEqual([]);
    for (const socket of [ws, wss]) socket.terminate();
    stream.destroy();
  });

  test('lists all it serves', async () => {
    await using server = await startListener(everything, { certificates });
    const at = `127.0.0.1:${server.port}`;
    expect(server.listener.urls()).toEqual([
      `mqtt://${at}`,
      `mqtts://${at}`,
      `ws://${at}/mqtt`,
      `wss://${at}/mqtt`,
      `http://${at}/`,
      `https://${at}/`,
    ]);
  });

  test('takes a first packet that comes byte by byte, over tcp and over TLS', async () => {
    await using server = await startListener(everything, { certificates });
    for (const open of [rawClient, tlsClient]) {
      await using client = await open(server.port);
      client.socket.setNoDelay(true);
      const link = server.accepted();
      for (const byte of connect) {
        client.write(Uint8Array.of(byte));
        await (await link).receive(1);
      }
      expect(await (await link).receive(connect.length)).toEqual(connect);
    }
  });

  test('takes a TLS hello that comes byte by byte', async () => {
    await using server = await startListener(everything, { certificates });
    await using relay = await rawClient(server.port);
    const { socket } = relay;
    const hello = await clientHello();
    for (const byte of hello) socket.write(Uint8Array.of(byte));
    const answer = await relay.receive(3);
    expect(answer[0]).toBe(0x16);
  });
});

/** The first flight of a TLS client. */
async function clientHello(): Promise<Buffer> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const client = connectTls({ port: typeof address === 'object' ? (address?.port ?? 0) : 0, host: '127.0.0.1' });
  client.on('error', () => undefined);
  const socket: Socket = (await once(server, 'connection'))[0];
  const hello: Buffer = (await once(socket, 'data'))[0];
  client.destroy();
  socket.destroy();
  server.close();
  return hello;
}

describe('what does not fit a listener is answered or closed, and the log says why:', () => {
  /** @returns what the client was answered, and the line in the log. */
  const knock = async (
    server: TestListener,
    client: RawClient,
    write: string | Uint8Array,
  ): Promise<{ answer: string; line: string }> => {
    client.write(write);
    await client.closed;
    const line = await server.log.waitFor(/^warn listener test: refused 127\.0\.0\.1:\d+: /);
    expect(server.events('connections_refused_total')).toHaveLength(1);
    return { answer: client.received().toString('latin1'), line };
  };
  const httpRequest = Buffer.from('GET /mqtt HTTP/1.1\r\nHost: localhost\r\n\r\n');

  test('HTTP on an MQTT port', async () => {
    await using server = await startListener({ tls: 'off', accept: ['mqtt'] });
    const { answer, line } = await knock(server, await rawClient(server.port), httpRequest);
    expect(line).toMatch(/an HTTP request.*MQTT only/);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain(`This port speaks MQTT, not plain HTTP. It is mqtt://127.0.0.1:${server.port}.`);
  });

  test('HTTP within TLS on an MQTT port', async () => {
    await using server = await startListener({ tls: 'one-way', accept: ['mqtt'] }, { certificates });
    const { answer, line } = await knock(server, await tlsClient(server.port), httpRequest);
    expect(line).toMatch(/an HTTP request.*MQTT only/);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*mqtts:\/\/127/s);
  });

  test('plain HTTP on a TLS port', async () => {
    await using server = await startListener({ tls: 'one-way', accept: ['websocket', 'http'] }, { certificates });
    const { answer, line } = await knock(server, await rawClient(server.port), httpRequest);
    expect(line).toMatch(/plain HTTP request on a TLS port/);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*wss:\/\/127/s);
  });

  test('plain MQTT on a TLS port', async () => {
    await using server = await startListener({ tls: 'two-way', accept: ['mqtt'] }, { certificates });
    expect((await knock(server, await rawClient(server.port), connectA)).line).toMatch(
      /first bytes are not TLS; plain MQTT on a TLS port/,
    );
  });

  test.each([[['mqtt']], [['websocket']], [['mqtt', 'http']]])(
    'a TLS hello on a plain port that accepts %o',
    async (accept) => {
      await using server = await startListener({ tls: 'off', accept });
      expect((await knock(server, await rawClient(server.port), await clientHello())).line).toMatch(
        /a TLS hello where none is expected/,
      );
    },
  );

  test('plain MQTT on a WebSocket port, with and without TLS', async () => {
    await using plain = await startListener({ tls: 'off', accept: ['websocket', 'http'] });
    expect((await knock(plain, await rawClient(plain.port), connectA)).line).toMatch(
      /MQTT CONNECT.*does not accept mqtt/,
    );
    await using secure = await startListener({ tls: 'one-way', accept: ['websocket'] }, { certificates });
    expect((await knock(secure, await tlsClient(secure.port), connectA)).line).toMatch(
      /MQTT CONNECT.*does not accept mqtt/,
    );
    await using auto = await startListener({ tls: 'auto', accept: ['websocket'] }, { certificates });
    expect((await knock(auto, await rawClient(auto.port), connectA)).line).toMatch(
      /MQTT CONNECT.*does not accept mqtt/,
    );
  });

  test.each([[['mqtt']], [['http']], [['mqtt', 'websocket']]])('other bytes where %o is accepted', async (accept) => {
    await using server = await startListener({ tls: 'off', accept });
    expect((await knock(server, await rawClient(server.port), '05 01 00')).line).toMatch(
      /the first byte, 0x05, begins neither/,
    );
  });

  test('a packet that is not CONNECT as the first one (MQTT-3.1.0-1)', async () => {
    await using server = await startListener({ tls: 'off', accept: ['mqtt'] });
    expect((await knock(server, await rawClient(server.port), '30 03 00 01 61')).line).toMatch(/the first byte, 0x30/);
  });

  test('a request head that is too large', async () => {
    await using server = await startListener({ tls: 'off', accept: ['http'] });
    const head = Buffer.from(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
    const { answer, line } = await knock(server, await rawClient(server.port), head);
    expect(line).toMatch(/over 16384 bytes/);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('HTTP that is malformed', async () => {
    await using server = await startListener({ tls: 'off', accept: ['mqtt', 'http'] });
    const { answer, line } = await knock(server, await rawClient(server.port), Buffer.from('GARBAGE\r\n\r\n'));
    expect(line).toMatch(/malformed request/);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });
});
