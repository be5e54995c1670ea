import { once } from 'node:events';
import { type ConnectionOptions, connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { certificateSource } from '../../src/transport/tls/certificates.ts';
import { type TlsMaterial } from '../../src/transport/tls/material.ts';
import { filePki } from '../support/file-pki.ts';
import { hex } from '../support/packet-bytes.ts';
import { connectA, rawClient, rawClientOn } from '../support/raw-client.ts';
import { runProgram, runToEnd } from '../support/run-program.ts';
import { type TestClientOptions, type TestKeyPair, testPki } from '../support/test-pki.ts';
import { startListener, type TestListener } from '../support/transport-listener.ts';

const { material, pki } = await filePki();

const connect = hex(connectA);

const start = (tls: 'one-way' | 'two-way', change: Partial<TlsMaterial> = {}): Promise<TestListener> =>
  startListener({ tls, accept: ['mqtt'] }, { certificates: certificateSource({ ...material, ...change }) });

/** Sends a CONNECT. @returns `echoed` when it came back, or how the connection ended instead. */
async function exchange(port: number, options: ConnectionOptions, use?: (socket: TLSSocket) => void): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', ca: pki.root, ...options });
  const outcome = new Promise<string>((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(`${error.code} ${error.message}`));
    socket.once('data', () => resolve('echoed'));
    socket.once('close', () => resolve('closed'));
  });
  socket.write(connect);
  const result = await outcome;
  if (result === 'echoed') use?.(socket);
  socket.destroy();
  return result;
}

const as = ({ cert, key }: TestKeyPair): ConnectionOptions => ({ cert, key });
const withLeafOnly = ({ leaf, key }: TestKeyPair): ConnectionOptions => ({ cert: leaf, key });

describe('a client verifies the server, which sends leaf and intermediate, by', () => {
  test.each([
    ['the root', () => ({ ca: pki.root })],
    ['root and intermediate', () => ({ ca: pki.chain })],
    ['intermediate and root', () => ({ ca: pki.intermediate + pki.root })],
    [
      'the intermediate alone, where partial chains are allowed',
      () => ({ secureContext: createSecureContext({ ca: pki.intermediate, allowPartialTrustChain: true }) }),
    ],
  ])('%s', async (_, options) => {
    await using server = await start('one-way');
    expect(await exchange(server.port, options())).toBe('echoed');
  });

  test('nothing it has: the intermediate alone without partial chains, or a foreign CA', async () => {
    await using server = await start('one-way');
    expect(await exchange(server.port, { ca: pki.intermediate })).toMatch(/^UNABLE_TO_GET_ISSUER_CERT /);
    expect(await exchange(server.port, { ca: pki.otherRoot })).toMatch(/^UNABLE_TO_GET_ISSUER_CERT_LOCALLY /);
  });
});

describe('a two-way listener', () => {
  test.each([
    ['root and intermediate', () => pki.chain, withLeafOnly, 'echoed'],
    ['root and intermediate', () => pki.chain, as, 'echoed'],
    ['intermediate and root', () => pki.intermediate + pki.root, withLeafOnly, 'echoed'],
    ['the root alone', () => pki.root, as, 'echoed'],
    ['the root alone', () => pki.root, withLeafOnly, 'closed'],
    ['the intermediate alone', () => pki.intermediate, as, 'echoed'],
    ['the intermediate alone', () => pki.intermediate, withLeafOnly, 'echoed'],
  ] as const)('that trusts %s (%#)', async (_, clientCa, show, outcome) => {
    await using server = await start('two-way', { clientCa: clientCa() });
    for (const servername of ['localhost', ''])
      expect(await exchange(server.port, { servername, ...show(await pki.client({ cn: 'pump-7' })) })).toBe(outcome);
  });

  test('tells who the client is', async () => {
    await using server = await start('two-way');
    await exchange(server.port, { ...as(await pki.client({ cn: 'pump-7' })), servername: 'localhost' });
    const { peer } = (await server.accepted()).link;
    expect(peer).toMatchObject({
      listener: 'test',
      protocol: 'mqtts',
      address: '127.0.0.1',
      tls: {
        version: 'TLSv1.3',
        cipher: expect.stringMatching(/^TLS_AES_\d+_GCM_SHA\d+$/),
        servername: 'localhost',
        isResumed: false,
        certificate: { subject: 'CN=pump-7, O=Viaduct', commonName: 'pump-7' },
      },
    });
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('resumes a session of %s and still knows the client', async (version) => {
    await using server = await start('two-way');
    const identity = { ...as(await pki.client({ cn: 'pump-7' })), maxVersion: version };
    let session: Buffer | undefined;
    const first = connectTls({ port: server.port, host: '127.0.0.1', ca: pki.root, ...identity });
    first.on('session', (ticket: Buffer) => {
      session = ticket;
    });
    first.write(connect);
    await once(first, 'data');
    first.destroy();
    if (session === undefined) throw new Error('no session ticket');
    expect(await exchange(server.port, { ...identity, session })).toBe('echoed');
    await server.accepted();
    const { tls } = (await server.accepted()).link.peer;
    expect(tls).toMatchObject({ version, isResumed: true, certificate: { commonName: 'pump-7' } });
  });
});

describe('a two-way listener refuses, and the log says why,', () => {
  const refused = async (options: ConnectionOptions, reason: string): Promise<string> => {
    await using server = await start('two-way');
    const outcome = await exchange(server.port, options);
    expect(outcome).not.toBe('echoed');
    const line = await server.log.waitFor(/refused 127\.0\.0\.1:\d+: /);
    expect(server.events('connections_refused_total')).toMatchObject([{ listener: 'test', reason }]);
    expect(server.listener.connections()).toBe(0);
    return `${outcome}: ${line}`;
  };
  const client = async (options: Omit<TestClientOptions, 'cn'>): Promise<ConnectionOptions> =>
    as(await pki.client({ cn: 'stranger', ...options }));

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'a client without a certificate, by an alert of %s',
    async (maxVersion) => {
      const told = await refused({ maxVersion }, 'no-certificate');
      expect(told).toMatch(
        /alert (certificate required|handshake failure).*the client sent no certificate, and this listener requires one/s,
      );
    },
  );

  test('one of another CA', async () => {
    expect(await refused(await client({ otherCa: true }), 'unknown-ca')).toContain(
      '"CN=stranger, O=Viaduct" is issued by "CN=Foreign Intermediate CA, O=Viaduct", which is not in the trust anchors',
    );
  });

  test('an expired one, with the date', async () => {
    expect(await refused(await client({ expired: true }), 'certificate-expired')).toMatch(
      /"CN=stranger, O=Viaduct" expired on \d{4}-\d\d-\d\dT/,
    );
  });

  test('one that is not valid yet, with the date', async () => {
    expect(await refused(await client({ notYetValid: true }), 'certificate-not-yet-valid')).toMatch(
      /not valid before \d{4}-\d\d-\d\dT/,
    );
  });

  test('one that is for servers', async () => {
    expect(await refused(await client({ wrongPurpose: true }), 'certificate-rejected')).toContain('clientAuth');
  });

  test('one whose CA has the name of ours and another key', async () => {
    await using twin = await testPki();
    // OpenSSL says that the issuer is not known, because the key identifiers differ
    const told = await refused(as(await twin.client({ cn: 'twin' })), 'unknown-ca');
    expect(told).toContain('"CN=twin, O=Viaduct" is issued by "CN=Test Intermediate CA, O=Viaduct"');
  });
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'a refused client gets no session of %s to come back with',
  async (version) => {
    await using server = await start('two-way');
    const stranger = as(await pki.client({ cn: 'stranger', otherCa: true }));
    const socket = connectTls({ port: server.port, host: '127.0.0.1', ca: pki.root, maxVersion: version, ...stranger });
    let sessions = 0;
    socket.on('session', () => {
      sessions += 1;
    });
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('close', resolve));
    expect(sessions).toBe(0);
    await server.log.waitFor(/refused .*CN=stranger/);
  },
);

describe('a handshake is refused, and the log says why,', () => {
  test('where the client offers TLS 1.1 at most', async () => {
    await using server = await start('one-way');
    await using client = await rawClient(server.port);
    // a hello of TLS 1.1 with two ciphers (RFC 4346 7.4.1.2)
    client.write(`16 0301 002f 01 00002b 0302 ${'11'.repeat(32)} 00 0004 c013 002f 01 00`);
    await client.closed;
    expect(client.received()).toEqual(hex('15 0302 0002 02 46')); // alert: protocol version
    await server.log.waitFor(/refused .*only TLS 1\.1 or older/);
  });

  test('where the client knows no cipher of ours', async () => {
    await using server = await start('one-way');
    const outcome = await exchange(server.port, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' });
    expect(outcome).toContain('alert handshake failure');
    await server.log.waitFor(/refused .*no cipher/);
  });

  test('where the client does not know our CA', async () => {
    await using server = await start('one-way');
    const foreign = await pki.file('other-root.pem', pki.otherRoot);
    const { code } = await runToEnd('openssl', [
      's_client',
      '-connect',
      `127.0.0.1:${server.port}`,
      '-CAfile',
      foreign,
      '-verify_return_error',
    ]);
    expect(code).not.toBe(0);
    await server.log.waitFor(/refused .*the client does not know the CA of our certificate; give it root-ca\.pem/);
  });

  test('but a client that just leaves is no refusal', async () => {
    await using server = await start('one-way');
    const half = await rawClient(server.port);
    half.write('16 03 01 02 00');
    half.socket.end();
    await half.closed;
    const reset = await rawClient(server.port);
    reset.write('16 03 01 02 00');
    reset.socket.resetAndDestroy();
    await server.log.waitFor(/debug .*left before its first packet/);
    expect(server.events('connections_refused_total')).toEqual([]);
  });
});

test.each([
  [
    'AES-128 where the client wishes for more',
    'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256',
    'TLS_AES_128_GCM_SHA256',
  ],
  ['AES-256 where the client insists', 'TLS_AES_256_GCM_SHA384', 'TLS_AES_256_GCM_SHA384'],
  [
    'ChaCha20 where the client has no hardware for AES',
    'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256',
    'TLS_CHACHA20_POLY1305_SHA256',
  ],
])('the cipher is %s', async (_, ciphers, expected) => {
  await using server = await start('one-way');
  expect(await exchange(server.port, { ciphers })).toBe('echoed');
  expect((await server.accepted()).link.peer.tls?.cipher).toBe(expected);
});

test('openssl s_client gets leaf and intermediate, and its bytes through', async () => {
  await using server = await start('one-way');
  const ca = await pki.file('root.pem', pki.root);
  const target = ['s_client', '-connect', `127.0.0.1:${server.port}`, '-CAfile', ca, '-verify_return_error'];
  const { stdout } = await runToEnd('openssl', [...target, '-showcerts']);
  expect(stdout).toContain('Verify return code: 0 (ok)');
  expect(stdout.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  await using program = runProgram('openssl', [...target, '-quiet', '-ign_eof']);
  program.process.stdin.write(connect);
  const accepted = await server.accepted();
  expect(await accepted.receive(connect.length)).toEqual(connect);
});

test('new certificates serve new connections at once, and open ones live on', async () => {
  const certificates = certificateSource(material);
  await using server = await startListener({ tls: 'two-way', accept: ['mqtt'] }, { certificates });
  const identity = as(await pki.client({ cn: 'pump-7' }));
  const before = connectTls({ port: server.port, host: '127.0.0.1', ca: pki.root, ...identity });
  await once(before, 'secureConnect');
  await using old = rawClientOn(before);
  old.write(connect);
  await old.receive(connect.length);
  const session = before.getSession();

  const renewed = await pki.renewServer();
  certificates.replace({ cert: renewed.cert, key: renewed.key, clientCa: pki.otherRoot });
  expect(() => certificates.replace({ ...material, key: renewed.key })).toThrowError(/do not belong together/);

  const stranger = as(await pki.client({ cn: 'stranger', otherCa: true }));
  const fingerprints: (string | undefined)[] = [before.getPeerX509Certificate()?.fingerprint256];
  const note = (socket: TLSSocket): void => void fingerprints.push(socket.getPeerX509Certificate()?.fingerprint256);
  expect(await exchange(server.port, stranger, note)).toBe('echoed');
  expect(new Set(fingerprints).size).toBe(2);
  // neither the certificate nor a session from before gets the one in that is trusted no more
  expect(await exchange(server.port, identity)).toBe('closed');
  expect(await exchange(server.port, { ...identity, ...(session === undefined ? {} : { session }) })).toBe('closed');
  old.write(connect);
  await old.receive(2 * connect.length);
});
