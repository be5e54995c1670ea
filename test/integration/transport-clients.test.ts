import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { type CertificateSource, certificateSource } from '../../src/transport/tls/certificates.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { filePki } from '../support/file-pki.ts';
import { hex } from '../support/packet-bytes.ts';
import { connectA } from '../support/raw-client.ts';
import { runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { type TestKeyPair } from '../support/test-pki.ts';
import { startListener, type TestListener } from '../support/transport-listener.ts';

const { pki } = await filePki();
const pump = await pki.client({ cn: 'pump-7' });

const trusting = (clientCa: string): CertificateSource =>
  certificateSource({ cert: pki.server.cert, key: pki.server.key, clientCa });

const twoWay = (config: object, clientCa = pki.chain): Promise<TestListener> =>
  startListener({ tls: 'two-way', accept: ['mqtt'], ...config }, { certificates: trusting(clientCa) });

/** Sends a CONNECT. @returns whether it came back. */
async function exchange(port: number, options: ConnectionOptions): Promise<'echoed' | 'closed'> {
  const socket = connectTls({ port, host: '127.0.0.1', ca: pki.root, ...options });
  const outcome = new Promise<'echoed' | 'closed'>((resolve) => {
    socket.on('error', () => undefined);
    socket.once('data', () => resolve('echoed'));
    socket.once('close', () => resolve('closed'));
  });
  socket.write(hex(connectA));
  const result = await outcome;
  socket.destroy();
  return result;
}

const pinOf = ({ leaf }: TestKeyPair): string =>
  createHash('sha256')
    .update(new X509Certificate(leaf).publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');

describe('clientChainDepth', () => {
  test.each<[number, string, () => string, () => string, string]>([
    [0, 'the intermediate is an anchor', () => pki.chain, () => pump.cert, 'echoed'],
    [0, 'the intermediate is an anchor and not sent', () => pki.intermediate, () => pump.leaf, 'echoed'],
    [1, 'the root is the anchor', () => pki.root, () => pump.cert, 'echoed'],
    [0, 'the root is the anchor', () => pki.root, () => pump.cert, 'closed'],
    [1, 'the chain is out of order', () => pki.root, () => pump.leaf + pki.root + pki.intermediate, 'closed'],
  ])('%i: where %s', async (clientChainDepth, _, anchors, cert, outcome) => {
    await using server = await twoWay({ clientChainDepth }, anchors());
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
      expect(await exchange(server.port, { cert: cert(), key: pump.key, maxVersion })).toBe(outcome);
    if (outcome === 'closed') await server.log.waitFor(/refused .*"CN=pump-7, O=Viaduct".*clientChainDepth/);
  });

  test('no session is resumed, because its chain could not be counted again', async () => {
    await using server = await twoWay({ clientChainDepth: 1 }, pki.root);
    const identity = { cert: pump.cert, key: pump.key };
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const first = connectTls({ port: server.port, host: '127.0.0.1', ca: pki.root, maxVersion, ...identity });
      first.write(hex(connectA));
      await once(first, 'data');
      const session = first.getSession();
      await server.accepted();
      first.destroy();
      const again = { ...identity, maxVersion, ...(session === undefined ? {} : { session }) };
      expect(await exchange(server.port, again)).toBe('echoed');
      expect((await server.accepted()).link.peer.tls?.isResumed).toBe(false);
    }
  });
});

describe('clientPins', () => {
  test('let in the keys that are listed, as sha256sum writes them or with colons, and no other', async () => {
    const colons = pinOf(pump)
      .toUpperCase()
      .replaceAll(/..(?=.)/g, '$&:');
    for (const pin of [pinOf(pump), colons]) {
      await using server = await twoWay({ clientPins: ['00'.repeat(32), pin] });
      expect(await exchange(server.port, { cert: pump.cert, key: pump.key })).toBe('echoed');
      const other = await pki.client({ cn: 'pump-7' });
      expect(await exchange(server.port, { cert: other.cert, key: other.key })).toBe('closed');
      await server.log.waitFor(new RegExp(`its public key, SHA-256 ${pinOf(other)}, is not in clientPins`));
      expect(server.events('connections_refused_total')).toMatchObject([{ reason: 'certificate-not-pinned' }]);
    }
  });

  test('the line of the advice gives the fingerprint', async () => {
    const file = await pki.file('pump.pem', pump.leaf);
    const line = `openssl x509 -in ${file} -noout -pubkey | openssl pkey -pubin -outform der | sha256sum`;
    const { stdout } = await runToEnd('sh', ['-c', line]);
    expect(stdout.trim()).toBe(`${pinOf(pump)}  -`);
  });

  test('a listed key whose certificate does not verify is refused all the same', async () => {
    const stranger = await pki.client({ cn: 'stranger', otherCa: true });
    await using server = await twoWay({ clientPins: [pinOf(stranger)] });
    expect(await exchange(server.port, { cert: stranger.cert, key: stranger.key })).toBe('closed');
    await server.log.waitFor(/which is not in the trust anchors/);
  });
});

describe('alpn', () => {
  const start = (accept: string[], alpn = true): Promise<TestListener> =>
    startListener(
      { tls: 'one-way', accept, alpn },
      { certificates: trusting(pki.chain), http: (_request, response) => void response.end('page') },
    );
  const agreed = async ({ port }: TestListener, protocols: string): Promise<string> => {
    const target = ['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', await pki.file('root.pem', pki.root)];
    const { stdout, stderr } = await runToEnd('openssl', [...target, '-alpn', protocols]);
    if (/alert no application protocol/.test(stdout + stderr)) return 'alert';
    return /^ALPN protocol: (\S+)$/m.exec(stdout)?.[1] ?? 'none';
  };

  test('openssl s_client agrees on what the listener accepts, and gets an alert for anything else (RFC 7301 3.2)', async () => {
    await using both = await start(['mqtt', 'websocket']);
    expect(await agreed(both, 'mqtt')).toBe('mqtt');
    expect(await agreed(both, 'h2,http/1.1')).toBe('http/1.1');
    expect(await agreed(both, 'h2')).toBe('alert');
    await both.log.waitFor(/refused .*\(ALPN\) none of the protocols that this listener speaks/);
    await using mqtt = await start(['mqtt']);
    expect(await agreed(mqtt, 'http/1.1')).toBe('alert');
    await using silent = await start(['mqtt'], false);
    expect(await agreed(silent, 'h2')).toBe('none');
  });

  test('a client that offers none is taken; one that speaks another than agreed is refused', async () => {
    await using server = await start(['mqtt', 'http']);
    expect(await exchange(server.port, {})).toBe('echoed');
    expect(await exchange(server.port, { ALPNProtocols: ['mqtt'] })).toBe('echoed');
    expect(await exchange(server.port, { ALPNProtocols: ['http/1.1'] })).toBe('closed');
    await server.log.waitFor(/refused .*agreed to speak http\/1\.1 \(ALPN\) and speaks mqtt/);
  });

  test('curl, which offers h2 and http/1.1, gets its page', async () => {
    await using server = await start(['mqtt', 'http']);
    const ca = await pki.file('root.pem', pki.root);
    const { stdout } = await runToEnd('curl', ['-sS', '--cacert', ca, `https://localhost:${server.port}/`]);
    expect(stdout.trim()).toBe('page');
  });
});

describe('handshakeRate', () => {
  test.each(['one-way', 'auto'])('closes what comes too fast before its handshake, with tls: %s', async (tls) => {
    const clock = fakeClock(Date.now());
    await using server = await startListener(
      { tls, accept: ['mqtt'], handshakeRate: { perAddress: 2 } },
      { certificates: trusting(pki.chain), clock },
    );
    for (const outcome of ['echoed', 'echoed']) expect(await exchange(server.port, {})).toBe(outcome);
    for (let count = 0; count < 3; count++) expect(await exchange(server.port, {})).toBe('closed');
    await server.log.waitFor(
      /warn .*closed \(more TLS handshakes than handshakeRate allows\), the last from 127\.0\.0\.1/,
    );
    expect(server.events('connections_dropped_total')).toMatchObject(
      Array.from({ length: 3 }, () => ({ listener: 'test', reason: 'handshake-rate' })),
    );
    clock.advance(60_000);
    expect(await exchange(server.port, {})).toBe('echoed');
    expect(server.listener.pending()).toBe(0);
  });
});

describe('keyLog', () => {
  const start = (keyLog: string): Promise<TestListener> =>
    startListener({ tls: 'one-way', accept: ['mqtt'], keyLog }, { certificates: trusting(pki.chain) });

  test('holds the secrets of the connections, for the owner alone, and every start says so loudly', async () => {
    await using directory = await temporaryDirectory();
    const file = join(directory.path, 'keys.log');
    await writeFile(file, 'before\n', { mode: 0o644 });
    const own: string[] = [];
    {
      await using server = await start(file);
      await server.log.waitFor(/error .*KEY LOG IS ON: whoever reads .*keys\.log can decrypt every TLS connection/);
      const socket = connectTls({ port: server.port, host: '127.0.0.1', ca: pki.root });
      socket.on('keylog', (line: Buffer) => own.push(line.toString()));
      socket.write(hex(connectA));
      await once(socket, 'data');
      socket.destroy();
    }
    const wanted = own.find((line) => line.startsWith('CLIENT_TRAFFIC_SECRET_0')) ?? 'none';
    await expect.poll(() => readFile(file, 'utf8')).toContain(wanted);
    expect(await readFile(file, 'utf8')).toMatch(/^before\n/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test('is not written through a link, nor into a folder that is not there', async () => {
    await using directory = await temporaryDirectory();
    const target = join(directory.path, 'target');
    const link = join(directory.path, 'link');
    await writeFile(target, '');
    await symlink(target, link);
    await expect(start(link)).rejects.toThrowError(/listener test: the key log .*link cannot be written: ELOOP/);
    await expect(start(join(directory.path, 'none', 'x'))).rejects.toThrowError(/cannot be written: ENOENT/);
  });
});
