import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { hostname } from 'node:os';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import type { HttpHandler } from '../../src/http/handler.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { filePki } from '../support/file-pki.ts';
import { rawClient } from '../support/raw-client.ts';
import { startListener, type TestListener } from '../support/transport-listener.ts';

const { certificates, pki } = await filePki();

const page: HttpHandler = (asked, response) => void response.end(`page ${asked.url}`);
const plain = (config: object = {}, http: HttpHandler = page) =>
  startListener({ tls: 'off', accept: ['http', 'websocket'], ...config }, { http });

/** Asks 127.0.0.1 for a page. */
async function get(
  { port }: TestListener,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number | undefined; text: string }> {
  const asked = request({ port, host: '127.0.0.1', method, headers, path: '/', agent: false });
  asked.end(body);
  const [response] = await once(asked, 'response');
  return { status: response.statusCode, text: await text(response) };
}

/** @returns 101 when a WebSocket was opened, or else the status that it was refused with. */
async function upgrade(url: string, options: ClientOptions): Promise<number | undefined> {
  const socket = new WebSocket(url, 'mqtt', options);
  socket.on('error', () => undefined);
  const status = await new Promise<number | undefined>((resolve) => {
    socket.once('open', () => resolve(101));
    socket.once('unexpected-response', (_, response) => resolve(response.statusCode));
  });
  socket.terminate();
  return status;
}

describe('the Host of a request', () => {
  test.each([
    'localhost',
    'LOCALHOST:1234',
    '127.0.0.1',
    '127.9.9.9:80',
    '[::1]:8084',
    '[0:0:0:0:0:0:0:1]',
    hostname(),
    'broker.example.com',
    'broker.example.com.',
    'a.wild.example',
  ])('%s is a name of the broker', async (host) => {
    await using listener = await plain({ hosts: ['Broker.example.com', '*.wild.example'] });
    expect(await get(listener, { headers: { host } })).toEqual({ status: 200, text: 'page /' });
  });

  test.each([
    'evil.example',
    'localhost.evil.example',
    'wild.example',
    'a.b.wild.example',
    '192.0.2.7',
    'a/b',
    'x@localhost',
  ])('"%s" is none: 421, so that no page makes its name ours (DNS rebinding)', async (host) => {
    await using listener = await plain({ hosts: ['*.wild.example'] });
    const { status, text } = await get(listener, { headers: { host } });
    expect(status).toBe(421);
    expect(text).toContain('add it to hosts of listener "test"');
    await listener.log.waitFor(/warn listener test: refused 127\.0\.0\.1:\d+: a request for the host/);
    expect(listener.events('connections_refused_total')).toEqual([expect.objectContaining({ reason: 'http-host' })]);
  });

  test('may be a name in any certificate of the listener, or any at all with hosts: ["*"]', async () => {
    await using secure = await startListener({ tls: 'auto', accept: ['http'] }, { http: page, certificates });
    expect(pki.server.cert).toContain('BEGIN CERTIFICATE');
    expect((await get(secure, { headers: { host: 'localhost' } })).status).toBe(200);
    expect((await get(secure, { headers: { host: 'evil.example' } })).status).toBe(421);
    await using any = await plain({ hosts: ['*'] });
    expect((await get(any, { headers: { host: 'evil.example' } })).status).toBe(200);
  });

  test('is not there in HTTP/1.0, which no browser speaks', async () => {
    await using listener = await plain();
    await using client = await rawClient(listener.port);
    client.write(Buffer.from('GET / HTTP/1.0\r\n\r\n'));
    await client.closed;
    expect(client.received().toString()).toMatch(/^HTTP\/1\.1 200 .*page \/$/s);
  });
});

describe('the Origin of a WebSocket', () => {
  const asked = (listener: TestListener, origin: string | undefined, host = `127.0.0.1:${listener.port}`) =>
    upgrade(`ws://127.0.0.1:${listener.port}/mqtt`, { headers: { host }, ...(origin === undefined ? {} : { origin }) });

  test('is the listener itself, or none where the client is no browser', async () => {
    await using listener = await plain();
    expect(await asked(listener, undefined)).toBe(101);
    expect(await asked(listener, undefined, 'a-name-of-a-proxy')).toBe(101);
    expect(await asked(listener, `http://127.0.0.1:${listener.port}`)).toBe(101);
    expect(await asked(listener, `http://localhost:${listener.port}`, `localhost:${listener.port}`)).toBe(101);
  });

  test.each([
    ['another host', 'https://evil.example'],
    ['another scheme', 'https://127.0.0.1:PORT'],
    ['another port', 'http://127.0.0.1:1'],
    ['no port', 'http://127.0.0.1'],
    ['a name that begins like ours', 'http://127.0.0.1:PORT.evil.example'],
    ['a user before the host', 'http://127.0.0.1:PORT@evil.example'],
    ['a file or a sandbox', 'null'],
    ['no origin at all', 'nonsense'],
  ])('of %s, %s, is refused with 403 and a log line', async (_, origin) => {
    await using listener = await plain();
    const sent = origin.replace('PORT', String(listener.port));
    expect(await asked(listener, sent)).toBe(403);
    await listener.log.waitFor(
      /warn listener test: refused .*a WebSocket from the page ".*add it to origins of listener "test"/,
    );
    expect(listener.events('connections_refused_total')).toEqual([
      expect.objectContaining({ reason: 'websocket-origin' }),
    ]);
  });

  test('that has made its own name resolve to us is refused, although it equals the Host (DNS rebinding)', async () => {
    await using listener = await plain();
    expect(await asked(listener, `http://evil.example:${listener.port}`, `evil.example:${listener.port}`)).toBe(403);
  });

  test('may be let in by name, as a browser writes it, or whatever it is', async () => {
    await using listed = await plain({ origins: ['https://App.example.com:443', 'http://localhost:5173', 'null'] });
    expect(await asked(listed, 'https://app.example.com')).toBe(101);
    expect(await asked(listed, 'http://localhost:5173')).toBe(101);
    expect(await asked(listed, 'null')).toBe(101);
    expect(await asked(listed, 'https://app.example.com:8443')).toBe(403);
    expect(await asked(listed, 'http://app.example.com')).toBe(403);
    await using all = await plain({ origins: ['*'] });
    expect(await asked(all, 'https://evil.example')).toBe(101);
  });

  test('is refused once, whatever comes behind the request', async () => {
    await using listener = await plain();
    await using client = await rawClient(listener.port);
    const lines = ['GET /mqtt HTTP/1.1', 'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket'];
    const key = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
    const head = [...lines, ...key, 'Sec-WebSocket-Protocol: mqtt', 'Origin: https://evil.example', '', ''];
    client.write(Buffer.concat([Buffer.from(head.join('\r\n')), Buffer.alloc(5_000, 0x41)]));
    await client.closed;
    expect(client.received().toString()).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n[^]*Refused: a WebSocket from the page/);
    expect(listener.events('connections_refused_total')).toHaveLength(1);
  });

  test('of a page of the listener over TLS is https', async () => {
    await using secure = await startListener({ tls: 'one-way', accept: ['websocket'] }, { certificates });
    const url = `wss://localhost:${secure.port}/mqtt`;
    expect(await upgrade(url, { ca: pki.root, origin: `https://localhost:${secure.port}` })).toBe(101);
    expect(await upgrade(url, { ca: pki.root, origin: `http://localhost:${secure.port}` })).toBe(403);
  });
});

describe('a request body', () => {
  test('over http.bodySize is answered 413, one of unknown length 411, and neither is read', async () => {
    await using listener = await plain({ http: { bodySize: '1KiB' } });
    const post = (headers: Record<string, string>, body: string) => get(listener, { method: 'POST', headers, body });
    expect((await post({ 'content-length': '1024' }, 'x'.repeat(1_024))).status).toBe(200);
    const { status, text: said } = await post({ 'content-length': '1025' }, 'x'.repeat(1_025));
    expect(status).toBe(413);
    expect(said).toBe('Refused: a request body of 1025 bytes; http.bodySize of listener "test" allows 1024.\n');
    expect((await post({ 'transfer-encoding': 'chunked' }, 'x')).status).toBe(411);
  });
});

const requests = (count: number): Buffer => Buffer.from('GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(count));

describe('a connection with several requests', () => {
  test('has them answered one at a time and in order, also when they come together', async () => {
    let [begun, open, most] = [0, 0, 0];
    const slow: HttpHandler = (_, response) => {
      begun += 1;
      const mine = begun;
      open += 1;
      most = Math.max(most, open);
      response.prependOnceListener('close', () => (open -= 1));
      setImmediate(() => response.end(`answer ${mine};`));
    };
    await using listener = await plain({}, slow);
    await using client = await rawClient(listener.port);
    client.write(requests(9));
    while (!client.received().includes('answer 9;')) await client.receive(client.received().length + 1);
    expect(
      client
        .received()
        .toString()
        .match(/answer \d/g),
    ).toEqual(Array.from({ length: 9 }, (_, index) => `answer ${index + 1}`));
    expect(most).toBe(1);
  });

  test('is closed at more than eight that wait, and the log says why', async () => {
    await using listener = await plain({}, () => undefined);
    await using client = await rawClient(listener.port);
    client.write(requests(10));
    await client.closed;
    expect(client.received()).toHaveLength(0);
    await listener.log.waitFor(/1 connection closed \(more than 8 HTTP requests before the response to the first\)/);
    expect(listener.events('connections_dropped_total')).toEqual([
      expect.objectContaining({ reason: 'http-pipelining' }),
    ]);
  });

  test('is kept for the next one after each answer', async () => {
    await using listener = await plain({}, (_, response) => void response.end(Buffer.alloc(300_000)));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number>();
    for (let count = 0; count < 50; count += 1) {
      const asked = request({ port: listener.port, host: '127.0.0.1', agent }).end();
      const [response] = await once(asked, 'response');
      ports.add(response.socket.localPort);
      expect(await text(response)).toHaveLength(300_000);
    }
    agent.destroy();
    expect(ports.size).toBe(1);
  });
});

describe('a client that does not take its response', () => {
  const large: HttpHandler = (_, response) => void response.end(Buffer.alloc(20_000_000));
  /** Asks, and reads nothing. */
  const asker = async (listener: TestListener) => {
    const client = await rawClient(listener.port);
    client.socket.pause();
    client.write(requests(1));
    return client;
  };

  test('is closed after http.responseTimeout', async () => {
    const clock = fakeClock();
    let onBegun: () => void;
    const begun = new Promise<void>((resolve) => {
      onBegun = resolve;
    });
    await using listener = await startListener(
      { tls: 'off', accept: ['http'], http: { responseTimeout: '10s' } },
      {
        clock,
        http: (asked, response, peer) => {
          large(asked, response, peer);
          onBegun();
        },
      },
    );
    await using client = await asker(listener);
    await begun;
    clock.advance(9_999);
    expect(listener.events('connections_dropped_total')).toEqual([]);
    clock.advance(1);
    client.socket.resume();
    await client.closed;
    expect(listener.events('connections_dropped_total')).toEqual([
      expect.objectContaining({ reason: 'http-response-timeout' }),
    ]);
    expect(listener.listener.connections()).toBe(0);
  });

  test('makes room when http.responseBytes or http.connections is reached, the one that waits longest first', async () => {
    await using few = await plain({ http: { responseBytes: '30MiB' } }, large);
    await using first = await asker(few);
    await using second = await asker(few);
    await using third = await asker(few);
    first.socket.resume();
    await first.closed;
    await few.log.waitFor(/the HTTP response that waited longest made room: http\.responseBytes is reached/);
    expect(second.socket.destroyed || third.socket.destroyed).toBe(false);

    await using two = await plain({ http: { connections: 2 } }, (_, response) => response.flushHeaders());
    const heads = [await rawClient(two.port), await rawClient(two.port), await rawClient(two.port)];
    for (const client of heads) {
      client.write(requests(1));
      await client.receive(1);
    }
    await heads[0]?.closed;
    await two.log.waitFor(/http\.connections is reached/);
    expect(heads.map(({ socket }) => socket.destroyed)).toEqual([true, false, false]);
    for (const client of heads) await client[Symbol.asyncDispose]();
  });
});
