import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, test } from 'vitest';
import { fakeClock } from '../support/fake-clock.ts';
import { filePki } from '../support/file-pki.ts';
import { rawClientOn } from '../support/raw-client.ts';
import { startListener, type TestListener } from '../support/transport-listener.ts';

const bodyBytes = 8 * 1_048_576; // more than the sockets of both sides hold

const { certificates, pki } = await filePki();

async function connected(tls: 'off' | 'one-way', { port }: TestListener): Promise<Socket> {
  if (tls === 'one-way') {
    const secure = connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca: pki.root });
    await once(secure, 'secureConnect');
    return secure;
  }
  const socket = connectTcp(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

const head = (host: string, length: string): string =>
  `POST / HTTP/1.1\r\nHost: ${host}\r\n${length}\r\nExpect: 100-continue\r\n\r\n`;

test.each([
  ['off', 413, head('localhost', `Content-Length: ${bodyBytes}`)],
  ['one-way', 413, head('localhost', `Content-Length: ${bodyBytes}`)],
  ['off', 411, head('localhost', 'Transfer-Encoding: chunked')],
  ['off', 421, head('evil.example', 'Content-Length: 1000')],
] as const)('tls: %s, a client that sends on while it is refused gets its %i', async (tls, status, request) => {
  await using listener = await startListener({ tls, accept: ['http'] }, { certificates });
  await using client = rawClientOn(await connected(tls, listener));
  client.socket.pause();
  client.write(Buffer.from(request));
  await listener.log.waitFor(/refused/);
  await new Promise((sent) => client.socket.write(Buffer.alloc(bodyBytes), sent));
  client.socket.resume();
  client.socket.end();
  await client.closed;
  expect(client.received().toString()).toMatch(
    new RegExp(`^(HTTP/1\\.1 100 Continue\r\n\r\n)?HTTP/1\\.1 ${status} .*Refused: a request`, 's'),
  );
});

test('one that sends for ever is closed after http.responseTimeout', async () => {
  const clock = fakeClock(Date.now());
  await using listener = await startListener({ tls: 'off', accept: ['http'] }, { certificates, clock });
  await using client = rawClientOn(await connected('off', listener));
  client.write(Buffer.from(head('localhost', `Content-Length: ${bodyBytes}`)));
  await listener.log.waitFor(/refused/);
  client.write(Buffer.alloc(1_024));
  clock.advance(30_000);
  await client.closed;
  expect(listener.events('connections_dropped_total')).toEqual([
    expect.objectContaining({ reason: 'http-response-timeout' }),
  ]);
});
