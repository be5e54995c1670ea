import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { fakeClock } from '../support/fake-clock.ts';
import { filePki } from '../support/file-pki.ts';
import { hex } from '../support/packet-bytes.ts';
import { connectA, rawClient } from '../support/raw-client.ts';
import { hostOf, startListener, type TestListener } from '../support/transport-listener.ts';
import { websocketStream } from '../support/websocket-stream.ts';

const { certificates, pki } = await filePki();
let server: TestListener;

beforeAll(async () => {
  server = await startListener({ tls: 'off', accept: ['websocket'] });
});
afterAll(() => server[Symbol.asyncDispose]());

const connect = hex(connectA);

const open = async (
  to: TestListener,
  {
    protocols = 'mqtt',
    path = '/mqtt',
    ...options
  }: ClientOptions & { protocols?: string | string[]; path?: string } = {},
): Promise<WebSocket> => {
  const socket = new WebSocket(`ws://${hostOf(to)}${path}`, protocols, options);
  await once(socket, 'open');
  return socket;
};

/** @returns status and text of the response that refused an upgrade. */
async function refusal(to: TestListener, path: string, protocols: string[]): Promise<{ status: number; text: string }> {
  const socket = new WebSocket(`ws://${hostOf(to)}${path}`, protocols);
  const response: IncomingMessage = (await once(socket, 'unexpected-response'))[1];
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(response, 'end');
  socket.on('error', () => undefined).terminate();
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() };
}

describe('a WebSocket upgrade', () => {
  test.each([
    [['mqtt'], 'mqtt'],
    [['mqttv3.1'], 'mqttv3.1'],
    [['other', 'mqttv3.1', 'mqtt'], 'mqtt'],
  ])('that offers %o is answered %s (MQTT-6.0.0-4)', async (protocols, answer) => {
    const socket = await open(server, { protocols, path: '/mqtt?user=x' });
    expect(socket.protocol).toBe(answer);
    expect(socket.extensions).toBe('');
    expect((await server.accepted()).link.peer).toMatchObject({
      protocol: 'ws',
      listener: 'test',
      address: '127.0.0.1',
    });
    socket.terminate();
  });

  test('for another path is answered 404', async () => {
    expect(await refusal(server, '/ws', ['mqtt'])).toEqual({
      status: 404,
      text: 'Refused: no WebSocket at "/ws"; MQTT over WebSocket is at "/mqtt".\n',
    });
    await server.log.waitFor(/refused .*no WebSocket at "\/ws"/);
  });

  test('without the subprotocol is answered 400 (MQTT-6.0.0-3)', async () => {
    expect(await refusal(server, '/mqtt', [])).toMatchObject({ status: 400, text: expect.stringContaining('mqtt') });
    expect(await refusal(server, '/mqtt', ['wamp'])).toMatchObject({ status: 400 });
    await server.log.waitFor(/refused .*the subprotocol "wamp"/);
  });

  test('with a broken key is answered 400', async () => {
    await using client = await rawClient(server.port);
    client.write(
      Buffer.from(
        'GET /mqtt HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
          'Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Key: short\r\n\r\n',
      ),
    );
    await client.closed;
    expect(client.received().toString()).toMatch(/^HTTP\/1\.1 400 .*Refused: a malformed WebSocket request/s);
  });

  test('where only http is accepted is answered 400', async () => {
    await using http = await startListener({ tls: 'off', accept: ['http'] });
    expect(await refusal(http, '/mqtt', ['mqtt'])).toMatchObject({ status: 400 });
    await http.log.waitFor(/refused .*does not accept websocket/);
  });
});

test('an ordinary request is told that WebSocket is spoken here, or given the page beside it', async () => {
  const plain = await fetch(`http://${hostOf(server)}/mqtt`);
  expect(plain.status).toBe(426);
  expect(plain.headers.get('upgrade')).toBe('websocket');
  expect(await plain.text()).toContain('subprotocol "mqtt"');
  await using both = await startListener(
    { tls: 'off', accept: ['websocket', 'http'] },
    { http: (request, response) => response.end(`page ${request.url}`) },
  );
  expect((await fetch(`http://${hostOf(both)}/mqtt`)).status).toBe(426);
  expect(await (await fetch(`http://${hostOf(both)}/`)).text()).toBe('page /');
  await using none = await startListener({ tls: 'off', accept: ['http'] });
  expect((await fetch(`http://${hostOf(none)}/`)).status).toBe(404);
});

describe('a WebSocket link', () => {
  test('takes packets however they are spread over frames, also one byte a frame (MQTT-6.0.0-2)', async () => {
    const socket = await open(server);
    const accepted = await server.accepted();
    for (const byte of connect) socket.send(Uint8Array.of(byte));
    expect(await accepted.receive(connect.length)).toEqual(connect);
    for (const [index, byte] of connect.entries())
      socket.send(Uint8Array.of(byte), { binary: true, fin: index === connect.length - 1 });
    expect(await accepted.receive(2 * connect.length)).toEqual(Buffer.concat([connect, connect]));
    socket.send(Buffer.concat([connect, connect, connect]));
    expect(await accepted.receive(5 * connect.length)).toHaveLength(5 * connect.length);
    socket.close();
    expect(await accepted.closed).toBe('closed by the client');
    expect(accepted.closeReasons).toHaveLength(1);
  });

  test.each([0, 1, 124, 125, 126, 65_533])(
    'writes a batch of up to 64 KiB, here of %i bytes and three, as one binary message',
    async (size) => {
      await using quiet = await startListener(
        { tls: 'one-way', accept: ['websocket'] },
        { certificates, isEcho: false },
      );
      const socket = new WebSocket(`wss://localhost:${quiet.port}/mqtt`, 'mqtt', { ca: pki.root });
      await once(socket, 'open');
      const { link } = await quiet.accepted();
      const batch = [Buffer.alloc(Math.floor(size / 3), 1), Buffer.alloc(size - Math.floor(size / 3), 2), Buffer.of(3)];
      link.write(batch);
      const [data, isBinary] = await once(socket, 'message');
      expect(isBinary).toBe(true);
      expect(data.equals(Buffer.concat(batch))).toBe(true);
      socket.terminate();
    },
  );

  test('closes with 1003 on a text frame (MQTT-6.0.0-1)', async () => {
    const socket = await open(server);
    const accepted = await server.accepted();
    socket.send('text');
    expect((await once(socket, 'close'))[0]).toBe(1003);
    expect(await accepted.closed).toMatch(/text frame/);
    expect(accepted.received()).toHaveLength(0);
  });

  test('takes a message of any size as it comes: 3,000 PUBLISH of 1 KiB in one (MQTT-6.0.0-2)', async () => {
    await using quiet = await startListener({ tls: 'off', accept: ['websocket'] }, { isEcho: false });
    const socket = await open(quiet);
    const accepted = await quiet.accepted();
    const publish = Buffer.concat([hex('30 80 08 00 01 61'), Buffer.alloc(1_021, 7)]);
    const message = Buffer.concat(Array.from({ length: 3_000 }, () => publish));
    socket.send(message);
    expect((await accepted.receive(message.length)).equals(message)).toBe(true);
    socket.close();
    expect(await accepted.closed).toBe('closed by the client');
  });

  test('sends a burst in messages of at most websocketMessageSize, for libraries with a limit of 1 MiB', async () => {
    await using quiet = await startListener({ tls: 'off', accept: ['websocket'] }, { isEcho: false });
    const socket = await open(quiet, { maxPayload: 65_536 });
    const { link } = await quiet.accepted();
    const batch = Array.from({ length: 3_000 }, (_, index) => Buffer.alloc(1_024, index));
    const whole = Buffer.concat(batch);
    const parts: Buffer[] = [];
    let bytes = 0;
    const all = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        parts.push(data);
        bytes += data.length;
        if (bytes === whole.length) resolve();
      });
    });
    link.write(batch);
    await all;
    expect(Buffer.concat(parts).equals(whole)).toBe(true);
    expect(parts).toHaveLength(Math.ceil(whole.length / 65_536));
    socket.terminate();
  });

  test('answers only the newest ping of a client that does not read, so its pings cost no memory (RFC 6455 5.5.3)', async () => {
    await using quiet = await startListener({ tls: 'off', accept: ['websocket'] }, { isEcho: false });
    const socket = await open(quiet);
    const accepted = await quiet.accepted();
    const { link } = accepted;
    socket.pause();
    while (link.bufferedBytes === 0) link.write([Buffer.alloc(1_000_000)]);
    const before = link.bufferedBytes;
    const last = '19999';
    for (let count = 0; count <= Number(last); count += 1) socket.ping(String(count));
    socket.send(connect);
    await accepted.receive(connect.length); // and the pings before it
    expect(link.bufferedBytes).toBeLessThanOrEqual(before);
    const pongs: string[] = [];
    const answered = new Promise<void>((resolve) => {
      socket.on('pong', (data) => {
        pongs.push(data.toString());
        if (data.toString() === last) resolve();
      });
    });
    socket.resume();
    await answered;
    expect(pongs.length).toBeLessThan(1_000);
    socket.terminate();
  });

  test('closes on a frame that breaks the protocol', async () => {
    const socket = await open(server);
    const accepted = await server.accepted();
    const raw: unknown = Reflect.get(socket, '_socket');
    if (raw instanceof Object && 'write' in raw && typeof raw.write === 'function') raw.write(hex('f2 00'));
    expect((await once(socket, 'close'))[0]).toBe(1002);
    expect(await accepted.closed).toMatch(/WebSocket error/);
  });

  test('ends with what is buffered and a close frame', async () => {
    const socket = await open(server);
    const { link, closed } = await server.accepted();
    let bytesRead = 0;
    socket.on('message', (data: Buffer) => {
      bytesRead += data.length;
    });
    link.write([Buffer.alloc(500_000)]);
    link.end();
    link.write([Buffer.alloc(1)]);
    expect((await once(socket, 'close'))[0]).toBe(1000);
    expect(bytesRead).toBe(500_000);
    expect(await closed).toBe('closed by the broker');
  });

  test('pauses the socket below, and goes on with nothing lost', async () => {
    const socket = await open(server);
    const accepted = await server.accepted();
    accepted.link.pause();
    const total = 16_000_000;
    for (let sent = 0; sent < total; sent += 500_000) socket.send(Buffer.alloc(500_000));
    const other = await open(server);
    for (let roundTrip = 0; roundTrip < 50; roundTrip += 1) {
      other.send(connect);
      await once(other, 'message');
    }
    other.terminate();
    expect(socket.bufferedAmount).toBeGreaterThan(0);
    expect(accepted.received()).toHaveLength(0);
    accepted.link.resume();
    expect(await accepted.receive(total)).toHaveLength(total);
    socket.terminate();
  });

  test('carries websocket-stream clients, over TLS', async () => {
    await using secure = await startListener({ tls: 'one-way', accept: ['websocket'] }, { certificates });
    const stream = websocketStream(`wss://localhost:${secure.port}/mqtt`, { ca: Buffer.from(pki.root) });
    stream.write(connect);
    expect((await once(stream, 'data'))[0]).toEqual(connect);
    const { link } = await secure.accepted();
    expect(link.peer).toMatchObject({ protocol: 'wss', tls: { version: 'TLSv1.3', certificate: undefined } });
    stream.destroy();
  });
});

describe('the ping every 25 s', () => {
  test('keeps a client that answers', async () => {
    const clock = fakeClock();
    await using pinging = await startListener({ tls: 'off', accept: ['websocket'] }, { clock });
    const socket = await open(pinging);
    const { link } = await pinging.accepted();
    for (let round = 0; round < 3; round += 1) {
      clock.advance(25_000);
      await once(socket, 'ping');
      socket.send(connect); // behind the pong, so its echo says that the pong is there
      await once(socket, 'message');
    }
    expect(socket.readyState).toBe(WebSocket.OPEN);
    link.destroy('enough');
    await once(socket, 'close');
    expect(clock.timers).toBe(0);
  });

  test('closes a client that does not', async () => {
    const clock = fakeClock();
    await using pinging = await startListener({ tls: 'off', accept: ['websocket'] }, { clock });
    const socket = await open(pinging, { autoPong: false });
    const accepted = await pinging.accepted();
    clock.advance(25_000);
    await once(socket, 'ping');
    clock.advance(25_000);
    expect(await accepted.closed).toBe('no answer to a WebSocket ping within 25 s');
    socket.terminate();
  });
});
