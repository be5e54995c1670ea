import { once } from 'node:events';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { connectAsync } from 'mqtt';
import { describe, expect, test } from 'vitest';
import { certificateSource } from '../../src/transport/tls/certificates.ts';
import { type TlsMaterial } from '../../src/transport/tls/material.ts';
import type { OwnMaterial } from '../../src/transport/tls/own-certificates.ts';
import { filePki } from '../support/file-pki.ts';
import { hex } from '../support/packet-bytes.ts';
import { connackAccepted, connectA } from '../support/raw-client.ts';
import { runToEnd } from '../support/run-program.ts';
import { type TestKeyPair } from '../support/test-pki.ts';
import { startListener, type TestListener } from '../support/transport-listener.ts';

const { material, pki } = await filePki();
const own = await pki.renewServer(['own.example']);
const site = await pki.renewServer(['a.example', 'A2.example']);
const wild = await pki.renewServer(['*.b.example']);

const withOwn = (test: OwnMaterial): TlsMaterial => ({ ...material, own: new Map([['test', test]]) });
const named = ({ cert, key }: TestKeyPair, names?: string[]) => ({ cert, key, names });
const sites = (): OwnMaterial => ({
  pair: own,
  named: [named(site), named(wild), named(pki.server, ['named.example'])],
});

const start = (tls: string, own: OwnMaterial): Promise<TestListener> =>
  startListener({ tls, accept: ['mqtt'] }, { certificates: certificateSource(withOwn(own)) });

/** @returns the common name of the certificate that the server shows, or how the connection ended. */
async function shown(port: number, options: ConnectionOptions): Promise<string> {
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    ca: pki.root,
    checkServerIdentity: () => undefined,
    ...options,
  });
  socket.on('error', () => undefined);
  const answered = new Promise<boolean>((resolve) => {
    socket.once('data', () => resolve(true));
    socket.once('close', () => resolve(false));
  });
  socket.write(hex(connectA));
  const name = (await answered) ? String(socket.getPeerCertificate().subject.CN) : 'closed';
  socket.destroy();
  return name;
}

describe('by the server name that the client asks for, on TLS 1.2 and 1.3, the certificate is', () => {
  test.each([
    ['', 'own.example'],
    ['elsewhere.example', 'own.example'],
    ['a.example', 'a.example'],
    ['A.EXAMPLE', 'a.example'],
    ['a2.example', 'a.example'],
    ['x.b.example', '*.b.example'],
    ['x.y.b.example', 'own.example'],
    ['named.example', 'localhost'],
    ['localhost', 'own.example'],
  ])('"%s": that of %s', async (servername, expected) => {
    await using server = await start('one-way', sites());
    expect(await shown(server.port, { servername, maxVersion: 'TLSv1.2' })).toBe(expected);
    expect(await shown(server.port, { servername, minVersion: 'TLSv1.3' })).toBe(expected);
  });
});

test('openssl s_client verifies each certificate by its name, and the default one without SNI', async () => {
  await using server = await start('one-way', sites());
  const ca = await pki.file('root.pem', pki.root);
  const verify = async (name: string, sni: string[]): Promise<string> => {
    const target = ['s_client', '-connect', `127.0.0.1:${server.port}`, '-CAfile', ca, '-verify_return_error'];
    return (await runToEnd('openssl', [...target, '-verify_hostname', name, ...sni])).stdout;
  };
  for (const [name, sni] of [
    ['own.example', ['-noservername']],
    ['a.example', ['-servername', 'a.example']],
    ['x.b.example', ['-servername', 'x.b.example']],
  ] as const) {
    const stdout = await verify(name, [...sni]);
    expect(stdout, name).toContain('Verify return code: 0 (ok)');
    expect(stdout.match(/BEGIN CERTIFICATE/g), name).toHaveLength(1);
  }
});

test('mqtt.js connects under each name', async () => {
  await using server = await startListener(
    { tls: 'one-way', accept: ['mqtt'] },
    { certificates: certificateSource(withOwn(sites())), isEcho: false },
  );
  for (const servername of ['own.example', 'x.b.example']) {
    const url = `mqtts://127.0.0.1:${server.port}`;
    const connecting = connectAsync(url, { ca: pki.root, servername, reconnectPeriod: 0 });
    const { link } = await server.accepted();
    expect(link.peer.tls?.servername).toBe(servername);
    link.write([hex(connackAccepted)]);
    await (await connecting).endAsync(true);
  }
});

describe('trust anchors of a listener', () => {
  test.each([
    ['the intermediate alone', () => pki.intermediate, 'own.example', 'closed'],
    ['another root', () => pki.otherRoot, 'closed', 'own.example'],
    ['a bundle of both', () => pki.otherRoot + pki.chain, 'own.example', 'own.example'],
  ])('%s decide in place of the common ones, with and without SNI', async (_, clientCa, ours, foreign) => {
    await using server = await start('two-way', { ...sites(), clientCa: clientCa() });
    const leafOnly = await pki.client({ cn: 'pump-7' });
    const stranger = await pki.client({ cn: 'stranger', otherCa: true });
    for (const servername of ['', 'a.example']) {
      const expected = (outcome: string): string => (outcome === 'closed' || servername === '' ? outcome : servername);
      const mine = ours === 'closed' ? leafOnly : { ...leafOnly, cert: leafOnly.leaf };
      expect(await shown(server.port, { servername, cert: mine.cert, key: mine.key })).toBe(expected(ours));
      expect(await shown(server.port, { servername, cert: stranger.cert, key: stranger.key })).toBe(expected(foreign));
    }
  });

  test('mosquitto_pub is let in by its own CA, and refused by the common one', async () => {
    const { cert, key } = await pki.client({ cn: 'stranger', otherCa: true });
    const files = ['--cert', await pki.file('s.pem', cert), '--key', await pki.file('s.key', key)];
    const ca = await pki.file('root.pem', pki.root);
    const publish = (port: number) =>
      runToEnd('mosquitto_pub', [
        '-h',
        'localhost',
        '-p',
        String(port),
        '--cafile',
        ca,
        ...files,
        '-t',
        'x',
        '-m',
        'y',
      ]);
    const start = (material: TlsMaterial) =>
      startListener({ tls: 'two-way', accept: ['mqtt'] }, { certificates: certificateSource(material), isEcho: false });
    await using open = await start(withOwn({ clientCa: pki.otherRoot, named: [] }));
    const published = publish(open.port);
    (await open.accepted()).link.write([hex(connackAccepted)]);
    expect((await published).code).toBe(0);
    await using shut = await start(material);
    expect((await publish(shut.port)).code).not.toBe(0);
    await shut.log.waitFor(/refused .*"CN=stranger, O=Viaduct" is issued by/);
  });
});

test('one swap renews the certificates of all names and the anchors, and open connections live on', async () => {
  const certificates = certificateSource(withOwn({ ...sites(), clientCa: pki.chain }));
  await using server = await startListener({ tls: 'two-way', accept: ['mqtt'] }, { certificates });
  const client = await pki.client({ cn: 'pump-7' });
  const stranger = await pki.client({ cn: 'stranger', otherCa: true });
  const before = connectTls({
    port: server.port,
    host: 'localhost',
    ca: pki.root,
    servername: 'a.example',
    cert: client.cert,
    key: client.key,
  });
  before.write(hex(connectA));
  await once(before, 'data');

  const next = await pki.renewServer(['next.example']);
  certificates.replace(withOwn({ pair: next, clientCa: pki.otherRoot, named: [named(next, ['a.example'])] }));
  for (const servername of ['', 'a.example', 'x.b.example']) {
    expect(await shown(server.port, { servername, cert: stranger.cert, key: stranger.key })).toBe('next.example');
    expect(await shown(server.port, { servername, cert: client.cert, key: client.key })).toBe('closed');
  }
  before.write(hex(connectA));
  await once(before, 'data');
  before.destroy();
});

describe('a swap is refused as a whole, naming the listener and the part, where', () => {
  const outcome = (own: OwnMaterial): unknown => {
    const source = certificateSource(withOwn(sites()));
    const before = source.current();
    try {
      source.replace(withOwn(own));
    } catch (error) {
      expect(source.current()).toBe(before);
      return error;
    }
    return 'taken';
  };

  test.each<[string, () => OwnMaterial, string, RegExp]>([
    [
      'a key is of another certificate',
      () => ({ pair: { cert: own.cert, key: site.key }, named: [] }),
      'certificate-mismatch',
      /^listener test: the server certificate "CN=own\.example, O=Viaduct" and the server key do not belong/,
    ],
    [
      'a certificate of a name is damaged',
      () => ({ named: [named(site), { ...named(wild), cert: 'nothing' }] }),
      'certificate-invalid',
      /^listener test: certificates\[1\]: the server certificate: no PEM certificate/,
    ],
    [
      'the trust anchors are empty',
      () => ({ clientCa: '', named: [] }),
      'certificate-invalid',
      /^listener test: the trust anchors for client certificates: no PEM/,
    ],
    [
      'a certificate has no name to choose it by',
      () => ({ named: [named(own, [])] }),
      'certificate-invalid',
      /^listener test: certificates\[0\]: there is no DNS name in it/,
    ],
  ])('%s', (_, change, code, message) => {
    expect(outcome(change())).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});
