import { createConnection } from 'node:net';
import { connect } from '@nats-io/transport-node';
import { describe, expect, test } from 'vitest';
import { createHub } from '../../src/hub/hub.ts';
import { hubSchema } from '../../src/hub/schema.ts';
import { StartError } from '../../src/kernel/errors.ts';
import { silentTelemetry } from '../../src/kernel/telemetry-ports.ts';
import { startHub } from '../contract/nats-hub.ts';
import { natsRawClient } from '../contract/nats-raw-client.ts';
import { fakeClock } from '../support/fake-clock.ts';

const quiet = 'CONNECT {"verbose":false,"pedantic":false,"protocol":1,"name":"probe","lang":"test","version":"1"}\r\n';
const forever = () => new AbortController().signal;

const newHub = (bind: string, clock = fakeClock()) =>
  createHub(hubSchema.parse({ bind }), { telemetry: silentTelemetry, clock, version: '1.2.3', serverName: 'test-hub' });

describe('what it says of itself', () => {
  test('the address and URL name the port that the system chose', async () => {
    await using server = await startHub();
    expect(server.port).toBeGreaterThan(0);
    expect(server.url).toBe(`nats://127.0.0.1:${server.port}`);
    expect(server.lines).toEqual([`info NATS hub listens on 127.0.0.1:${server.port}`]);
  });

  test('INFO names the program and says that there is no JetStream', async () => {
    await using server = await startHub();
    await using client = await natsRawClient(server.port);
    expect(client.info).toMatchObject({
      server_name: 'test-hub',
      version: '2.9.10-viaduct.1.2.3',
      jetstream: false,
    });
  });

  test('the log names a client and says when it left', async () => {
    await using server = await startHub();
    const client = await natsRawClient(server.port);
    await client.exchange(quiet);
    expect(server.lines).toContainEqual(expect.stringMatching(/^info NATS client connected from .*"probe", test 1$/));
    await client[Symbol.asyncDispose]();
    await expect.poll(() => server.lines).toContainEqual(expect.stringMatching(/is gone: closed by the client$/));
  });

  test('what passed is counted', async () => {
    await using server = await startHub();
    await using client = await natsRawClient(server.port);
    await client.exchange(`${quiet}SUB a 1\r\nSUB a 2\r\nPUB a 3\r\nabc\r\n`);
    expect(server.hub.stats()).toEqual({
      connections: 1,
      subscriptions: 2,
      inMessages: 1,
      outMessages: 2,
      inBytes: 3,
      outBytes: 6,
      slowConsumers: 0,
    });
    await client[Symbol.asyncDispose]();
    await expect.poll(() => server.hub.stats()).toMatchObject({ connections: 0, subscriptions: 0 });
  });
});

describe('start and stop', () => {
  test('a port in use is named, with what to do', async () => {
    await using server = await startHub();
    const failure = await newHub(`127.0.0.1:${server.port}`)
      .start(forever())
      .catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(StartError);
    expect(failure).toMatchObject({
      code: 'port-in-use',
      message: `NATS hub: 127.0.0.1:${server.port} is in use; is another nats-server running? Stop it, set nats.hub.bind, or use it with nats.servers`,
    });
  });

  test('an address that is not ours is named', async () => {
    const options = hubSchema.parse({ bind: '192.0.2.1:0', allowRemote: true });
    const deps = { telemetry: silentTelemetry, clock: fakeClock(), version: '1', serverName: 's' };
    await expect(createHub(options, deps).start(forever())).rejects.toMatchObject({
      code: 'bind-failed',
      message: expect.stringContaining('192.0.2.1:0'),
    });
  });

  test('stop works before start, after a failed start and twice, and leaves no timer', async () => {
    const clock = fakeClock();
    const hub = newHub('127.0.0.1:0', clock);
    await hub.stop(forever());
    await expect(hub.start(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    await hub.stop(forever());
    await hub.start(forever());
    await hub.stop(forever());
    await hub.stop(forever());
    expect(clock.timers).toBe(0);
  });

  test('stopping tells clients with INFO and ldm, sends what is queued and closes', async () => {
    const server = await startHub();
    await using client = await natsRawClient(server.port);
    await client.exchange(`${quiet}SUB a 1\r\n`);
    const stopped = server.hub.stop(forever());
    const wire = await client.untilClosed('');
    expect(wire).toMatch(/^INFO \{.*"ldm":true.*\} \r\n$/);
    await stopped;
    expect(server.hub.stats().connections).toBe(0);
  });

  test('nats.js hears of lame duck mode, and reconnects to the next hub on the port', async () => {
    const server = await startHub();
    const client = await connect({ servers: server.url, reconnectTimeWait: 20, maxReconnectAttempts: -1 });
    const seen: string[] = [];
    const reconnected = (async () => {
      for await (const status of client.status()) {
        seen.push(status.type);
        if (status.type === 'reconnect') return;
      }
    })();
    await server.hub.stop(AbortSignal.timeout(5_000));
    await using _next = await startHub({ bind: { host: '127.0.0.1', port: server.port } });
    await reconnected;
    expect(seen).toContain('ldm');
    expect(await client.rtt()).toBeGreaterThanOrEqual(0);
    await client.close();
  });

  test('a client that does not leave is cut off at the deadline', async () => {
    const server = await startHub();
    const socket = createConnection({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined);
    socket.write(quiet);
    await expect.poll(() => server.lines.length).toBe(2);
    await server.hub.stop(AbortSignal.abort());
    expect(server.hub.stats().connections).toBe(0);
    socket.destroy();
  });
});

describe('protection of the port', () => {
  test.each([
    ['GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', /it speaks HTTP; .*use nats:\/\/ \("GET \/ HTTP\/1\.1"\)/],
    ['POST /PUB HTTP/1.1\r\n\r\nPUB a 2\r\nhi\r\n', /it speaks HTTP/],
    ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', /began with a TLS handshake; .*use nats:\/\/ and not tls:\/\//],
    ['FOO\r\n', /sent what is no NATS operation \("FOO"\)/],
    ['CONNECT localhost:443 HTTP/1.1\r\n\r\n', /its CONNECT is not the JSON/],
  ])('%j is closed, and the log says why', async (sent, line) => {
    await using server = await startHub();
    await using client = await natsRawClient(server.port);
    await client.untilClosed(sent);
    expect(server.lines).toContainEqual(expect.stringMatching(line));
    expect(server.hub.stats().inMessages).toBe(0);
  });

  test('a connection that says nothing is closed in time; one operation is enough to stay', async () => {
    await using server = await startHub({ connectTimeout: 600 });
    await using spoken = await natsRawClient(server.port);
    expect(await spoken.exchange('')).toBe('');
    await using silent = await natsRawClient(server.port);
    await using dripping = await natsRawClient(server.port);
    dripping.send('CONN');
    expect(await silent.untilClosed('')).toBe("-ERR 'Authentication Timeout'\r\n");
    expect(await dripping.untilClosed('')).toBe("-ERR 'Authentication Timeout'\r\n");
    expect(await spoken.exchange('')).toBe('');
    expect(server.lines).toContainEqual(expect.stringMatching(/said nothing within nats\.hub\.connectTimeout/));
  });

  test('subscriptions of all clients together are limited', async () => {
    await using server = await startHub({ maxSubscriptions: 3 });
    await using one = await natsRawClient(server.port);
    await using two = await natsRawClient(server.port);
    expect(await one.exchange(`${quiet}SUB a 1\r\nSUB b 2\r\n`)).toBe('');
    expect(await two.exchange(`${quiet}SUB a 1\r\nSUB b 2\r\n`)).toBe("-ERR 'maximum subscriptions exceeded'\r\n");
    expect(await one.exchange('UNSUB 1\r\n')).toBe('');
    expect(await two.exchange('SUB b 2\r\n')).toBe('');
  });

  test('a subject of more than 255 tokens is refused', async () => {
    await using server = await startHub();
    await using client = await natsRawClient(server.port);
    const tokens = (count: number) => Array.from({ length: count }, () => 'a').join('.');
    expect(await client.exchange(`${quiet}SUB ${tokens(255)} 1\r\n`)).toBe('');
    expect(await client.exchange(`SUB ${tokens(256)} 2\r\n`)).toBe("-ERR 'Invalid Subject'\r\n");
  });

  test('a slow consumer is counted and named in the log', async () => {
    await using server = await startHub({ maxPending: 1_048_576 });
    await using slow = await natsRawClient(server.port);
    await using publisher = await natsRawClient(server.port);
    await slow.exchange(`${quiet}SUB flood 1\r\n`);
    slow.pause();
    await publisher.exchange(quiet);
    const message = `PUB flood 524288\r\n${'x'.repeat(524_288)}\r\n`;
    for (let count = 0; count < 60 && server.hub.stats().slowConsumers === 0; count++)
      await publisher.exchange(message);
    expect(server.hub.stats().slowConsumers).toBe(1);
    expect(server.lines).toContainEqual(expect.stringMatching(/^warn .*does not read what it subscribed to/));
    expect(await publisher.exchange('')).toBe('');
  });

  test('a client that asks and asks but reads no answer is cut off too', async () => {
    await using server = await startHub({ maxPending: 65_536 });
    const socket = createConnection({ port: server.port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    socket.pause();
    const pings = 'PING\r\n'.repeat(50_000);
    const pour = () => {
      while (!socket.destroyed && socket.write(pings));
    };
    socket.on('drain', pour);
    pour();
    await expect.poll(() => server.hub.stats().slowConsumers).toBe(1);
    socket.destroy();
  });

  test('a publisher faster than its subscriber is slowed, and nothing is lost', async () => {
    await using server = await startHub({ maxPending: 2_097_152 });
    await using subscriber = await natsRawClient(server.port);
    await using publisher = await natsRawClient(server.port);
    await subscriber.exchange(`${quiet}SUB fast 1\r\n`);
    await publisher.exchange(quiet);
    const count = 20_000;
    const payload = 'x'.repeat(1_000);
    publisher.send(`PUB fast 1000\r\n${payload}\r\n`.repeat(count));
    await publisher.exchange('');
    const wire = await subscriber.exchange('');
    expect(wire.length).toBe(count * `MSG fast 1 1000\r\n${payload}\r\n`.length);
    expect(server.hub.stats().slowConsumers).toBe(0);
  });
});

describe('JetStream', () => {
  test('a request is refused at once, with what to do', async () => {
    await using server = await startHub();
    await using client = await connect({ servers: server.url });
    const reply = await client.request('$JS.API.STREAM.INFO.orders', '', { timeout: 20_000 });
    expect(reply.json()).toEqual({
      type: 'io.nats.jetstream.api.v1.stream_info_response',
      error: {
        code: 503,
        err_code: 10_076,
        description:
          'JetStream not enabled: the embedded hub has no JetStream; configure nats.servers with a nats-server -js',
      },
    });
    await client.request('$JS.API.INFO', '');
    expect(server.lines.filter((line) => line.includes('asked for JetStream'))).toHaveLength(1);
  });
});
