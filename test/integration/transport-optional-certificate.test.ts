import { once } from 'node:events';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { connectAsync } from 'mqtt';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { HttpPeer } from '../../src/http/handler.ts';
import { filePki } from '../support/file-pki.ts';
import { hex } from '../support/packet-bytes.ts';
import { connackAccepted, connectA } from '../support/raw-client.ts';
import { runToEnd } from '../support/run-program.ts';
import { type TestKeyPair } from '../support/test-pki.ts';
import { startListener, type TestListener } from '../support/transport-listener.ts';

const { certificates, pki } = await filePki();
const ca = await pki.file('root.pem', pki.root);

const start = (accept: string[], http?: (peer: HttpPeer) => string): Promise<TestListener> =>
  startListener(
    { tls: 'two-way-optional', accept },
    { certificates, ...(http && { http: (_request, response, peer) => void response.end(http(peer)) }) },
  );

/** Its errors are the server's to explain. */
const closed = (socket: TLSSocket | WebSocket): Promise<void> =>
  new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.once('close', () => resolve());
  });

const as = ({ cert, key }: TestKeyPair) => ({ cert, key });
const strangers: [string, { cn: string; otherCa?: boolean; expired?: boolean; wrongPurpose?: boolean }, string][] = [
  ['of another CA', { cn: 'stranger', otherCa: true }, 'unknown-ca'],
  ['that has expired', { cn: 'stranger', expired: true }, 'certificate-expired'],
  ['for servers', { cn: 'stranger', wrongPurpose: true }, 'certificate-rejected'],
];

describe('a listener with two-way-optional TLS', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('takes mqtt with and without a certificate, %s', async (maxVersion) => {
    await using server = await start(['mqtt']);
    const seen: (string | undefined)[] = [];
    for (const identity of [{}, as(await pki.client({ cn: 'pump-7' }))]) {
      const socket = connectTls({ port: server.port, host: '127.0.0.1', ca: pki.root, maxVersion, ...identity });
      socket.write(hex(connectA));
      await once(socket, 'data');
      seen.push((await server.accepted()).link.peer.tls?.certificate?.commonName);
      socket.destroy();
    }
    expect(seen).toEqual([undefined, 'pump-7']);
  });

  test.each(strangers)('refuses a certificate %s, and the log says why', async (_, options, reason) => {
    await using server = await start(['mqtt']);
    const client = as(await pki.client(options));
    const socket = connectTls({ port: server.port, host: '127.0.0.1', ca: pki.root, ...client });
    socket.write(hex(connectA));
    await closed(socket);
    await server.log.waitFor(/refused 127\.0\.0\.1:\d+: client certificate "CN=stranger/);
    expect(server.events('connections_refused_total')).toMatchObject([{ listener: 'test', reason }]);
  });

  test('asks openssl s_client for a certificate of its CAs, and does without', async () => {
    await using server = await start(['mqtt']);
    const target = ['s_client', '-connect', `127.0.0.1:${server.port}`, '-CAfile', ca, '-verify_return_error'];
    const { stdout, code } = await runToEnd('openssl', target);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Acceptable client certificate CA names[^]*Test Intermediate CA/);
    expect(stdout).toContain('Verify return code: 0 (ok)');
  });

  test('resumes a session of a client with a certificate and still knows it', async () => {
    await using server = await start(['mqtt']);
    const identity = as(await pki.client({ cn: 'pump-7' }));
    const first = connectTls({ port: server.port, host: '127.0.0.1', ca: pki.root, ...identity });
    const ticket = once(first, 'session');
    first.write(hex(connectA));
    const [session] = await ticket;
    await server.accepted();
    first.destroy();
    const again = connectTls({ port: server.port, host: '127.0.0.1', ca: pki.root, session });
    again.write(hex(connectA));
    const { tls } = (await server.accepted()).link.peer;
    expect(tls).toMatchObject({ isResumed: true, certificate: { commonName: 'pump-7' } });
    again.destroy();
  });

  test('takes mqtt.js over wss, and a WebSocket knows its client', async () => {
    await using server = await startListener(
      { tls: 'two-way-optional', accept: ['mqtt', 'websocket'] },
      { certificates, isEcho: false },
    );
    const url = `wss://localhost:${server.port}/mqtt`;
    for (const identity of [{}, as(await pki.client({ cn: 'page-3' }))]) {
      const connecting = connectAsync(url, { ca: pki.root, ...identity, reconnectPeriod: 0 });
      const accepted = await server.accepted();
      accepted.link.write([hex(connackAccepted)]);
      const client = await connecting;
      const name = 'cert' in identity ? 'page-3' : undefined;
      expect(accepted.link.peer.protocol).toBe('wss');
      expect(accepted.link.peer.tls?.certificate?.commonName).toBe(name);
      await client.endAsync(true);
    }
    const bad = new WebSocket(url, 'mqtt', { ca: pki.root, ...as(await pki.client({ cn: 'x', otherCa: true })) });
    await closed(bad);
    await server.log.waitFor(/refused .*which is not in the trust anchors/);
  });

  test('lets https requests see the verified certificate of the client, on each request of a connection', async () => {
    const shown = ({ listener, protocol, tls }: HttpPeer): string =>
      `${listener} ${protocol} ${tls?.certificate?.subject ?? 'nobody'}`;
    await using server = await start(['websocket', 'http'], shown);
    const ask = async (options: ConnectionOptions): Promise<string> => {
      const asking = request({ host: 'localhost', port: server.port, ca: pki.root, agent: false, ...options });
      const responded = once(asking, 'response');
      asking.end();
      const [response] = await responded;
      return text(response);
    };
    expect(await ask({})).toBe('test https nobody');
    expect(await ask(as(await pki.client({ cn: 'pump-7' })))).toBe('test https CN=pump-7, O=Viaduct');
    await expect(ask(as(await pki.client({ cn: 'x', expired: true })))).rejects.toThrowError(
      /hang up|disconnected|ECONNRESET|EPIPE|alert/,
    );
    await server.log.waitFor(/refused .*"CN=x, O=Viaduct" expired on/);
  });

  test('lets curl in with and without a certificate', async () => {
    await using server = await start(['http'], ({ tls }) => tls?.certificate?.commonName ?? 'nobody');
    const { cert, key } = await pki.client({ cn: 'pump-7' });
    const files = ['--cert', await pki.file('pump.pem', cert), '--key', await pki.file('pump.key', key)];
    const curl = (more: string[]) =>
      runToEnd('curl', ['-sS', '--cacert', ca, `https://localhost:${server.port}/`, ...more]);
    expect((await curl([])).stdout.trim()).toBe('nobody');
    expect((await curl(files)).stdout.trim()).toBe('pump-7');
  });
});

test('a plain http request has a peer without TLS', async () => {
  await using server = await startListener(
    { tls: 'off', accept: ['http'] },
    { http: (_, response, { protocol, address, tls }) => void response.end(`${protocol} ${address} ${typeof tls}`) },
  );
  expect(await (await fetch(`http://127.0.0.1:${server.port}/`)).text()).toBe('http 127.0.0.1 undefined');
});
