import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { fakeClock } from '../support/fake-clock.ts';
import { filePki } from '../support/file-pki.ts';
import { hex } from '../support/packet-bytes.ts';
import { version1 } from '../support/proxy-bytes.ts';
import { connectA, type RawClient, rawClient, rawClientOn } from '../support/raw-client.ts';
import { startListener } from '../support/transport-listener.ts';

const { certificates, pki } = await filePki();

const connect = hex(connectA);

const secureClient = async (port: number): Promise<RawClient> => {
  const socket = connectTls({ port, host: '127.0.0.1', ca: pki.root });
  await once(socket, 'secureConnect');
  return rawClientOn(socket);
};

const echoes = async (client: RawClient): Promise<void> => {
  client.write(connect);
  await client.receive(connect.length);
};

describe('a client that does not get on is closed at the deadline:', () => {
  test.each([
    ['off', ['mqtt'], ''],
    ['off', ['http'], ''],
    ['off', ['http'], '47'],
    ['off', ['mqtt', 'websocket'], Buffer.from('GET /mqtt HTTP/1.1\r\nHost:').toString('hex')],
    ['one-way', ['mqtt'], ''],
    ['one-way', ['mqtt'], '16'],
    ['two-way', ['websocket'], '16 03 01 02'],
    ['auto', ['mqtt'], ''],
    ['auto', ['mqtt', 'http'], '16'],
  ])('tls %s, accept %o, after the bytes "%s"', async (tls, accept, hex) => {
    const clock = fakeClock(Date.now());
    await using server = await startListener({ tls, accept, handshakeTimeout: '3s' }, { certificates, clock });
    await using client = await rawClient(server.port);
    if (hex !== '') client.write(hex);
    await using other = await rawClient(server.port);
    other.socket.end();
    await other.closed; // a round trip: the bytes are there
    clock.advance(2_999);
    expect(server.listener.pending()).toBe(1);
    clock.advance(1);
    await client.closed;
    expect(server.listener.pending()).toBe(0);
    await server.log.waitFor(/warn listener test: 1 connection closed \(no TLS handshake or first packet/);
    expect(server.events('connections_dropped_total')).toMatchObject([{ reason: 'handshake-timeout' }]);
  });

  test('also one that finishes TLS and then says nothing', async () => {
    const clock = fakeClock(Date.now());
    await using server = await startListener(
      { tls: 'one-way', accept: ['mqtt'], handshakeTimeout: '3s' },
      { certificates, clock },
    );
    await using client = await secureClient(server.port);
    clock.advance(3_000);
    await client.closed;
    expect(server.events('connections_dropped_total')).toMatchObject([{ reason: 'handshake-timeout' }]);
  });

  test('also one that was refused and does not go', async () => {
    const clock = fakeClock(Date.now());
    await using server = await startListener({ tls: 'off', accept: ['mqtt'], handshakeTimeout: '3s' }, { clock });
    const socket = createConnection({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    socket.write('GET / HTTP/1.1\r\n\r\n');
    socket.resume();
    await once(socket, 'end');
    clock.advance(3_000);
    expect(server.listener.pending()).toBe(0);
    expect(server.events('connections_dropped_total')).toEqual([]);
    socket.destroy();
  });

  test('in real time', async () => {
    await using server = await startListener(
      { tls: 'auto', accept: ['mqtt', 'http'], handshakeTimeout: '200ms' },
      { certificates },
    );
    await using client = await rawClient(server.port);
    client.write('16');
    await client.closed;
    expect(server.events('connections_dropped_total')).toMatchObject([{ reason: 'handshake-timeout' }]);
  });
});

test('a link is not timed out by the listener', async () => {
  const clock = fakeClock(Date.now());
  await using server = await startListener({ tls: 'off', accept: ['mqtt'], handshakeTimeout: '3s' }, { clock });
  await using client = await rawClient(server.port);
  await echoes(client);
  clock.advance(60_000);
  client.write(connect);
  expect(await client.receive(2 * connect.length)).toHaveLength(2 * connect.length);
});

test.each([
  ['off', ['mqtt']],
  ['one-way', ['mqtt']],
  ['auto', ['mqtt', 'websocket', 'http']],
] as const)('2,000 idle connections with maxPending 256 do not keep a client out (tls %s)', async (tls, accept) => {
  await using server = await startListener({ tls, accept: [...accept], maxPending: 256 }, { certificates });
  const idle: Socket[] = [];
  for (let round = 0; round < 20; round += 1) {
    const opened = Array.from({ length: 100 }, () =>
      createConnection({ port: server.port, host: '127.0.0.1' }).on('error', () => undefined),
    );
    await Promise.all(opened.map((socket) => once(socket, 'connect')));
    idle.push(...opened);
  }
  await using client = await (tls === 'one-way' ? secureClient(server.port) : rawClient(server.port));
  await echoes(client);
  expect(server.listener.pending()).toBeLessThanOrEqual(256);
  expect(server.listener.connections()).toBe(1);
  expect(server.events('connections_dropped_total').length).toBeGreaterThanOrEqual(2_000 - 256);
  expect(server.log.count(/^warn/)).toBeLessThan(10);
  for (const socket of idle) socket.destroy();
});

test('idle connections do not keep a client out by maxConnections either', async () => {
  await using server = await startListener({ tls: 'off', accept: ['mqtt'], maxConnections: 2 });
  await using idle = await rawClient(server.port);
  await using first = await rawClient(server.port);
  await echoes(first);
  await using second = await rawClient(server.port);
  await echoes(second);
  await idle.closed;
  expect(server.events('connections_dropped_total')).toMatchObject([{ reason: 'max-pending' }]);
  expect(server.listener.connections()).toBe(2);
});

test('beyond maxConnections new ones are closed, counted and logged', async () => {
  await using server = await startListener({ tls: 'off', accept: ['mqtt'], maxConnections: 2 });
  await using first = await rawClient(server.port);
  await using second = await rawClient(server.port);
  await echoes(first);
  await echoes(second);
  await using third = await rawClient(server.port);
  await third.closed;
  expect(server.events('connections_dropped_total')).toMatchObject([{ reason: 'max-connections' }]);
  await server.log.waitFor(/warn .*maxConnections is reached.*127\.0\.0\.1:/);
  const gone = server.accepted().then(({ closed }) => closed);
  first.socket.end();
  expect(await gone).toBe('closed by the client');
  await using fourth = await rawClient(server.port);
  await echoes(fourth);
});

describe('limits of one address', () => {
  test('maxConnectionsPerAddress: one more is closed, until another goes', async () => {
    await using server = await startListener({ tls: 'off', accept: ['mqtt'], maxConnectionsPerAddress: 2 });
    const first = await rawClient(server.port);
    await using second = await rawClient(server.port);
    await Promise.all([echoes(first), echoes(second)]);
    await using third = await rawClient(server.port);
    await third.closed;
    expect(server.events('connections_dropped_total')).toMatchObject([{ reason: 'address-connections' }]);
    await first[Symbol.asyncDispose]();
    await expect.poll(() => server.listener.connections(), { interval: 1 }).toBe(1);
    await using fourth = await rawClient(server.port);
    await echoes(fourth);
  });

  test('connectionRate: one more in the minute is closed, with TLS or without', async () => {
    const connectionRate = { perAddress: 2 };
    await using server = await startListener({ tls: 'auto', accept: ['mqtt'], connectionRate }, { certificates });
    await using plain = await rawClient(server.port);
    await echoes(plain);
    await using secure = await secureClient(server.port);
    await echoes(secure);
    await using third = await rawClient(server.port);
    await third.closed;
    expect(server.events('connections_dropped_total')).toMatchObject([{ reason: 'connection-rate' }]);
  });

  test('both go by the address that a proxy tells', async () => {
    await using server = await startListener({
      tls: 'off',
      accept: ['mqtt'],
      proxy: { from: ['127.0.0.1'] },
      maxConnectionsPerAddress: 1,
    });
    const from = async (address: string): Promise<RawClient> => {
      const client = await rawClient(server.port);
      client.write(version1(address));
      client.write(connect);
      return client;
    };
    await using first = await from('192.0.2.1');
    await using other = await from('192.0.2.2');
    await Promise.all([first.receive(connect.length), other.receive(connect.length)]);
    await using second = await from('192.0.2.1');
    await second.closed;
    expect(server.events('connections_dropped_total')).toMatchObject([
      { reason: 'address-connections', address: '192.0.2.1' },
    ]);
  });
});
