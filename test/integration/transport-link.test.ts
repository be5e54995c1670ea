import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { fakeClock } from '../support/fake-clock.ts';
import { filePki } from '../support/file-pki.ts';
import { hex } from '../support/packet-bytes.ts';
import { connectA, type RawClient, rawClient, rawClientOn } from '../support/raw-client.ts';
import { type AcceptedLink, startListener, type TestListener } from '../support/transport-listener.ts';

const { certificates, pki } = await filePki();

const connect = hex(connectA);

describe.each(['off', 'one-way'] as const)('a link over tls: %s', (tls) => {
  const clock = fakeClock(Date.now());
  let server: TestListener;
  let client: RawClient;
  /** The tcp socket of the client. */
  let bottom: Socket;
  let accepted: AcceptedLink;

  const setUp = async (): Promise<AsyncDisposable> => {
    server = await startListener({ tls, accept: ['mqtt'] }, { certificates, clock, isEcho: false });
    bottom = createConnection({ port: server.port, host: '127.0.0.1', noDelay: true });
    await once(bottom, 'connect');
    if (tls === 'off') client = rawClientOn(bottom);
    else {
      const secure = connectTls({ socket: bottom, ca: pki.root, host: 'localhost' });
      await once(secure, 'secureConnect');
      client = rawClientOn(secure);
    }
    client.write(connect);
    accepted = await server.accepted();
    await accepted.receive(connect.length);
    return {
      async [Symbol.asyncDispose]() {
        await client[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  };

  test('delivers every byte in order, the first ones included', async () => {
    await using _ = await setUp();
    const more = Buffer.alloc(300_000, 'abcdefg');
    client.write(more);
    expect((await accepted.receive(connect.length + more.length)).equals(Buffer.concat([connect, more]))).toBe(true);
  });

  test('writes batches in order', async () => {
    await using _ = await setUp();
    const batches = [
      [Buffer.from('a'), Buffer.from('b')],
      [Buffer.alloc(20_000, 'c'), Buffer.from('d'), Buffer.alloc(20_000, 'e')],
      [],
      Array.from({ length: 1_000 }, (_unused, index) => Buffer.alloc(100, String.fromCharCode(97 + (index % 26)))),
    ];
    for (const batch of batches) accepted.link.write(batch);
    const expected = Buffer.concat(batches.flat());
    expect((await client.receive(expected.length)).equals(expected)).toBe(true);
  });

  test('counts what the client has not taken, and tells when it has', async () => {
    await using _ = await setUp();
    client.socket.pause();
    const drained = accepted.drained();
    accepted.link.write([Buffer.alloc(20_000_000)]);
    expect(accepted.link.bufferedBytes).toBeGreaterThan(0);
    client.socket.resume();
    await drained;
    expect(accepted.link.bufferedBytes).toBe(0);
    await client.receive(20_000_000);
  });

  test('reads nothing while it is paused', async () => {
    await using _ = await setUp();
    accepted.link.pause();
    let isSent = false;
    client.socket.write(Buffer.alloc(20_000_000), () => {
      isSent = true;
    });
    for (let round = 0; round < 10; round += 1) {
      const other = await rawClient(server.port);
      other.write('00 00 00 00 00 00');
      await other.closed; // refused, so the server has gone on meanwhile
    }
    expect(isSent).toBe(false);
    expect(accepted.received()).toHaveLength(connect.length);
    accepted.link.resume();
    await accepted.receive(connect.length + 20_000_000);
  });

  test('ends with what is buffered, and tells once that it is closed', async () => {
    await using _ = await setUp();
    accepted.link.write([Buffer.alloc(1_000_000)]);
    accepted.link.end();
    accepted.link.write([Buffer.alloc(1)]);
    accepted.link.end();
    await client.closed;
    expect(client.received()).toHaveLength(1_000_000);
    expect(await accepted.closed).toBe('closed by the broker');
    accepted.link.destroy('too late');
    expect(accepted.closeReasons).toEqual(['closed by the broker']);
    expect(server.listener.connections()).toBe(0);
  });

  test('is cut off 2 s after its end when the client takes nothing', async () => {
    await using _ = await setUp();
    client.socket.pause();
    accepted.link.write([Buffer.alloc(20_000_000)]);
    accepted.link.end();
    clock.advance(1_999);
    expect(accepted.closeReasons).toEqual([]);
    clock.advance(1);
    expect(await accepted.closed).toBe('closed by the broker; the client did not take the rest within 2 s');
  });

  test('is cut off 2 s after the client ended its side and takes nothing', async () => {
    await using _ = await setUp();
    client.socket.pause();
    accepted.link.write([Buffer.alloc(20_000_000)]);
    client.socket.end();
    const other = await rawClient(server.port);
    other.write('00 00 00 00 00 00');
    await other.closed; // a round trip later than the end
    clock.advance(2_000);
    expect(await accepted.closed).toBe('closed by the client');
  });

  test('is destroyed at once, for the reason given', async () => {
    await using _ = await setUp();
    client.socket.pause();
    accepted.link.write([Buffer.alloc(20_000_000)]);
    accepted.link.destroy('slow: 20 MB behind');
    expect(await accepted.closed).toBe('slow: 20 MB behind');
    accepted.link.write([connect]);
    accepted.link.resume();
    expect(accepted.closeReasons).toHaveLength(1);
  });

  test('tells how the client went', async () => {
    await using _ = await setUp();
    client.socket.end();
    expect(await accepted.closed).toBe('closed by the client');
    await using _again = await setUp();
    accepted.link.write([connect]);
    await client.receive(connect.length); // nothing is on its way any more that could fail first
    bottom.resetAndDestroy();
    expect(await accepted.closed).toBe('connection reset by the client');
  });
});

test('a link that is opened after its socket closed still tells that it is closed', async () => {
  await using server = await startListener({ tls: 'off', accept: ['mqtt'] });
  await using client = await rawClient(server.port);
  client.write(connect);
  client.socket.end();
  expect(await (await server.accepted()).closed).toBe('closed by the client');
});
