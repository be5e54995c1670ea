import { once } from 'node:events';
import { request } from 'node:http';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CertificateSource, certificateSource } from '../../src/transport/tls/certificates.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { hex } from '../support/packet-bytes.ts';
import { certificateField, version1, version2 } from '../support/proxy-bytes.ts';
import { connectA, type RawClient, rawClient } from '../support/raw-client.ts';
import { type TestPki, testPki } from '../support/test-pki.ts';
import { type AcceptedLink, startListener, type TestListener } from '../support/transport-listener.ts';

let pki: TestPki;
let certificates: CertificateSource;
beforeAll(async () => {
  pki = await testPki();
  certificates = certificateSource({ cert: pki.server.cert, key: pki.server.key, clientCa: pki.chain });
});
afterAll(() => pki[Symbol.asyncDispose]());

const connect = hex(connectA);
const trusted = { from: ['127.0.0.0/8'] };
const untrusted = { from: ['192.0.2.0/24', '2001:db8::/32'] };
const mqtt = (proxy: object, more: object = {}): Promise<TestListener> =>
  startListener({ tls: 'off', accept: ['mqtt'], proxy, ...more });

/** What the listener says of a client that sends this, then CONNECT. */
async function accepted(server: TestListener, header: Uint8Array): Promise<AcceptedLink> {
  const client = await rawClient(server.port);
  client.write(header);
  client.write(connect);
  const link = await server.accepted();
  await link.receive(connect.length);
  await client.receive(connect.length);
  await client[Symbol.asyncDispose]();
  return link;
}

const refused = async (server: TestListener, bytes: Uint8Array): Promise<unknown> => {
  await using client = await rawClient(server.port);
  client.write(bytes);
  await client.closed;
  return server.events('connections_refused_total').at(-1);
};

describe('the address behind a proxy is that of the client', () => {
  test.each([
    ['version 1', version1('192.0.2.1', 4_711), { address: '192.0.2.1', port: 4_711, via: '127.0.0.1' }],
    ['version 1, IPv6', version1('2001:db8::7'), { address: '2001:db8::7', port: 51_000, via: '127.0.0.1' }],
    ['version 2', version2(), { address: '192.0.2.1', port: 51_000, via: '127.0.0.1' }],
    ['nobody says whose', Buffer.from('PROXY UNKNOWN\r\n'), { address: '0.0.0.0', port: 0, via: '127.0.0.1' }],
    ['the proxy itself', version2({ command: 0x20 }), { address: '127.0.0.1', via: undefined }],
  ])('%s', async (_what, header, peer) => {
    await using server = await mqtt(trusted);
    const { link } = await accepted(server, header);
    expect(link.peer).toMatchObject({ listener: 'test', protocol: 'mqtt', ...peer });
  });

  test.each([version1('192.0.2.1'), version2({ fields: [certificateField('pump')], hasChecksum: true })])(
    'wherever header and packet are split (%#)',
    async (header) => {
      await using server = await mqtt(trusted);
      const all = Buffer.concat([header, connect]);
      for (let at = 1; at < all.length; at += 1) {
        await using client = await rawClient(server.port);
        client.write(all.subarray(0, at));
        const other = await rawClient(server.port); // a round trip: what was sent before it is there
        await other[Symbol.asyncDispose]();
        client.write(all.subarray(at));
        const one = await server.accepted();
        await client.receive(connect.length);
        expect([one.link.peer.address, one.received().toString('hex')]).toEqual(['192.0.2.1', connect.toString('hex')]);
      }
    },
  );

  test('before TLS, which goes on behind the header, and tells more than the header', async () => {
    await using server = await startListener({ tls: 'one-way', accept: ['mqtt'], proxy: trusted }, { certificates });
    const raw = await rawClient(server.port);
    raw.write(version2({ fields: [certificateField('pump')] }));
    const socket = connectTls({ socket: raw.socket, ca: pki.root, host: 'localhost' });
    await once(socket, 'secureConnect');
    socket.write(connect);
    const { link } = await server.accepted();
    expect(link.peer).toMatchObject({ address: '192.0.2.1', protocol: 'mqtts', tls: { certificate: undefined } });
    await raw[Symbol.asyncDispose]();
  });

  test('tls: auto, and http on the same port', async () => {
    await using server = await startListener(
      { tls: 'auto', accept: ['mqtt', 'http'], proxy: trusted },
      { certificates, http: (_request, response, { address }) => void response.end(address) },
    );
    expect((await accepted(server, version1('192.0.2.1'))).link.peer.address).toBe('192.0.2.1');
    await using client = await rawClient(server.port);
    client.write(Buffer.concat([version1('192.0.2.9'), Buffer.from(`GET / HTTP/1.1\r\nHost: localhost\r\n\r\n`)]));
    await client.receive(100);
    expect(client.received().toString()).toContain('192.0.2.9');
  });

  test('counts for listeners[].handshakeRate.perAddress', async () => {
    await using server = await startListener(
      { tls: 'one-way', accept: ['mqtt'], proxy: trusted, handshakeRate: { perAddress: 1 } },
      { certificates, clock: fakeClock() },
    );
    const hello = hex('16 03 01 00 01 01');
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.1']) {
      await using client = await rawClient(server.port);
      client.write(Buffer.concat([version1(address), hello]));
      client.socket.end();
      await client.closed;
    }
    const dropped = server.events('connections_dropped_total').filter(({ reason }) => reason === 'handshake-rate');
    expect(dropped).toMatchObject([{ address: '192.0.2.1' }]);
  });
});

describe('TLS that a proxy has ended', () => {
  const header = version2({ fields: [certificateField('pump-7')] });

  test('is shown, and the name in the certificate counts where it is believed', async () => {
    await using server = await mqtt({ ...trusted, certificate: 'believe' });
    const { link } = await accepted(server, header);
    expect(link.peer).toMatchObject({
      protocol: 'mqtts',
      tls: {
        version: 'TLSv1.3',
        cipher: 'TLS_AES_256_GCM_SHA384',
        certificate: { commonName: 'pump-7', subject: 'CN=pump-7', fingerprint256: '', serialNumber: '' },
      },
    });
  });

  test('the name does not count unless it is to be believed', async () => {
    await using server = await mqtt(trusted);
    const { link } = await accepted(server, header);
    expect(link.peer.tls).toMatchObject({ version: 'TLSv1.3', certificate: undefined });
  });
});

describe('who is not believed', () => {
  test.each([
    ['version 1', version1('127.0.0.1')],
    ['version 2', version2()],
    ['version 2 with nothing but its beginning', version2().subarray(0, 6)],
  ])('a peer from elsewhere that sends a header of %s is refused', async (_what, header) => {
    await using server = await mqtt(untrusted);
    expect(await refused(server, header)).toMatchObject({ reason: 'proxy-untrusted', address: '127.0.0.1' });
    await server.log.waitFor(/a PROXY header from 127\.0\.0\.1, which is none of listeners\[\]\.proxy\.from/);
  });

  test('a peer from elsewhere without a header is a client of its own', async () => {
    await using server = await mqtt(untrusted);
    expect((await accepted(server, Buffer.alloc(0))).link.peer).toMatchObject({ address: '127.0.0.1', via: undefined });
  });

  test('also over TLS, and over http with a request that begins as a header does', async () => {
    await using server = await startListener(
      { tls: 'auto', accept: ['mqtt', 'http'], proxy: untrusted },
      { certificates, http: (_request, response) => void response.end('here') },
    );
    const socket = connectTls({ port: server.port, host: '127.0.0.1', ca: pki.root, servername: 'localhost' });
    await once(socket, 'secureConnect');
    socket.write(connect);
    expect((await server.accepted()).link.peer).toMatchObject({ address: '127.0.0.1', protocol: 'mqtts' });
    socket.destroy();
    await using client = await rawClient(server.port);
    client.write(Buffer.from('PROPFIND / HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    await client.receive(60);
    expect(client.received().toString()).toMatch(/here|405/);
  });

  test.each([
    ['CONNECT at once', connect],
    ['a header that is none', Buffer.from('PROXY TCP4 a b c d\r\n')],
    ['a header of 64 KiB', version2({ fields: [Buffer.concat([hex('04 ff f0'), Buffer.alloc(0xfff0)])] })],
    ['a line without end', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(200)}`)],
  ])('a proxy that sends %s is refused', async (_what, bytes) => {
    await using server = await mqtt(trusted);
    expect(await refused(server, bytes)).toMatchObject({ reason: 'proxy-header' });
  });

  test('a proxy that sends half a header has as long as every handshake', async () => {
    const clock = fakeClock(Date.now());
    await using server = await startListener(
      { tls: 'off', accept: ['mqtt'], proxy: trusted, handshakeTimeout: '3s' },
      { clock },
    );
    await using client: RawClient = await rawClient(server.port);
    client.write(version2().subarray(0, 20));
    const other = await rawClient(server.port);
    other.socket.end();
    await other.closed;
    clock.advance(3_000);
    await client.closed;
    expect(server.events('connections_dropped_total')).toMatchObject([{ reason: 'handshake-timeout' }]);
  });
});

describe('X-Forwarded-For and X-Real-IP', () => {
  const ask = async (proxy: object, headers: Record<string, string>): Promise<string> => {
    await using server = await startListener(
      { tls: 'off', accept: ['http'], proxy: { protocol: 'none', ...proxy } },
      { http: (_request, response, { address, via }) => void response.end(`${address} ${via ?? 'direct'}`) },
    );
    return await new Promise((resolve, reject) => {
      request({ port: server.port, host: '127.0.0.1', headers }, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => resolve(body));
      })
        .on('error', reject)
        .end();
    });
  };
  const chain = { ...trusted, forwarded: 'x-forwarded-for' };

  test.each([
    ['the client that the proxy asks for', chain, { 'x-forwarded-for': '192.0.2.1' }, '192.0.2.1 127.0.0.1'],
    [
      'the last, as the client may have written the others',
      chain,
      { 'x-forwarded-for': '127.0.0.1, 192.0.2.1' },
      '192.0.2.1 127.0.0.1',
    ],
    [
      'the last before our own proxies',
      chain,
      { 'x-forwarded-for': '10.9.9.9, 192.0.2.1, 127.0.0.7' },
      '192.0.2.1 127.0.0.1',
    ],
    ['an IPv6 address with its port', chain, { 'x-forwarded-for': '[2001:DB8::1]:4711' }, '2001:db8::1 127.0.0.1'],
    ['nobody, where it is no address', chain, { 'x-forwarded-for': '192.0.2.1, unknown' }, '0.0.0.0 127.0.0.1'],
    ['nobody, where there is none', chain, {}, '0.0.0.0 127.0.0.1'],
    [
      'x-real-ip',
      { ...trusted, forwarded: 'x-real-ip' },
      { 'x-real-ip': '192.0.2.1', 'x-forwarded-for': '192.0.2.9' },
      '192.0.2.1 127.0.0.1',
    ],
    [
      'nobody, where there are two of x-real-ip',
      { ...trusted, forwarded: 'x-real-ip' },
      { 'x-real-ip': '127.0.0.1, 192.0.2.1' },
      '0.0.0.0 127.0.0.1',
    ],
    [
      'the peer itself, where it is not trusted',
      { ...untrusted, forwarded: 'x-forwarded-for' },
      { 'x-forwarded-for': '192.0.2.1' },
      '127.0.0.1 direct',
    ],
    ['the peer itself, where no header is named', trusted, { 'x-forwarded-for': '192.0.2.1' }, '127.0.0.1 direct'],
  ])('%s', async (_what, proxy, headers, said) => {
    expect(await ask(proxy, headers)).toBe(said);
  });

  test('count for a WebSocket as well', async () => {
    await using server = await startListener({
      tls: 'off',
      accept: ['websocket'],
      proxy: { protocol: 'none', ...chain },
    });
    const asked = request({
      port: server.port,
      host: '127.0.0.1',
      path: '/mqtt?password=secret-in-query',
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': Buffer.alloc(16).toString('base64'),
        'sec-websocket-protocol': 'mqtt',
        'x-forwarded-for': '192.0.2.1',
        cookie: 'session=secret-in-cookie',
      },
    });
    asked.on('upgrade', (_response, socket) => socket.destroy()).end();
    const { link, closed } = await server.accepted();
    expect(link.peer).toMatchObject({ address: '192.0.2.1', via: '127.0.0.1', protocol: 'ws' });
    await closed;
    expect(server.log.all().join('\n')).not.toMatch(/secret-in/);
  });
});

test('what a request for a WebSocket says in its query or cookies is not logged when it is refused', async () => {
  await using server = await startListener({ tls: 'off', accept: ['websocket'] });
  await using client = await rawClient(server.port);
  client.write(
    Buffer.from(
      'GET /other?password=secret-in-query HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nCookie: a=secret-in-cookie\r\n\r\n',
    ),
  );
  await server.log.waitFor(/no WebSocket at "\/other"/);
  expect(server.log.all().join('\n')).not.toMatch(/secret-in/);
});
