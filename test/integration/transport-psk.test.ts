import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { filePki } from '../support/file-pki.ts';
import { hex } from '../support/packet-bytes.ts';
import { connectA } from '../support/raw-client.ts';
import { runProgram } from '../support/run-program.ts';
import { startListener, type TestListener } from '../support/transport-listener.ts';

const { certificates, pki } = await filePki();

const key = '00112233445566778899aabbccddeeff';
const start = (tls: string, policy: object = {}): Promise<TestListener> =>
  startListener(
    { tls, accept: ['mqtt'], policy, psk: { identities: { file: 'unused' } } },
    { certificates, pskIdentities: `pump-7:${key}\npump-8:${key}ff\n` },
  );

/** openssl s_client that sends a CONNECT. @returns what the listener knows of it, or `closed`. */
async function arrive(server: TestListener, options: readonly string[]): Promise<string> {
  await using program = runProgram('openssl', [
    's_client',
    '-quiet',
    '-ign_eof',
    '-connect',
    `127.0.0.1:${server.port}`,
    ...options,
  ]);
  const { stdin } = program.process;
  stdin.on('error', () => undefined);
  stdin.write(hex(connectA));
  const ended = once(program.process, 'exit').then(() => 'closed');
  const came = server.accepted().then(({ link }) => {
    const { tls } = link.peer;
    return `${tls?.version} ${tls?.pskIdentity ?? tls?.certificate?.commonName ?? 'nobody'} ${tls?.isResumed === true ? 'resumed' : 'new'}`;
  });
  return await Promise.race([came, ended]); // before the program is ended
}

const as = (identity: string, secret: string): string[] => ['-psk_identity', identity, '-psk', secret];

describe.each(['one-way', 'two-way', 'two-way-optional', 'auto'])('a listener with keys and tls: %s', (tls) => {
  test.each(['-tls1_2', '-tls1_3'])('knows openssl s_client %s by the identity whose key it has', async (version) => {
    await using server = await start(tls);
    const said = version === '-tls1_2' ? 'TLSv1.2' : 'TLSv1.3';
    expect(await arrive(server, [version, ...as('pump-7', key)])).toBe(`${said} pump-7 new`);
  });
});

describe.each(['-tls1_2', '-tls1_3'])('over %s', (version) => {
  test('a wrong key is refused, and the log says so', async () => {
    await using server = await start('one-way');
    expect(await arrive(server, [version, ...as('pump-8', key)])).toBe('closed');
    await server.log.waitFor(/refused 127\.0\.0\.1.*the client has another/);
  });

  test('an unknown identity is nobody or refused, never another', async () => {
    await using server = await start('two-way');
    const psk = version === '-tls1_2' ? ['-cipher', 'PSK'] : [];
    expect(await arrive(server, [version, ...psk, ...as('pump-9', key)])).toBe('closed');
    await server.log.waitFor(/refused 127\.0\.0\.1/);
  });

  test('a client without keys comes in with its certificate as before', async () => {
    await using server = await start('two-way');
    const { cert, key: privateKey } = await pki.client({ cn: 'gate-1' });
    const identity = ['-cert', await pki.file('g.pem', cert), '-key', await pki.file('g.key', privateKey)];
    expect(await arrive(server, [version, ...identity])).toMatch(/ gate-1 new$/);
  });
});

test('to name an identity proves nothing where the handshake goes on without its key', async () => {
  await using server = await start('one-way');
  // the key is for SHA-256, so that with a cipher of SHA-384 TLS 1.3 turns to the certificate
  const cipher = ['-tls1_3', '-ciphersuites', 'TLS_AES_256_GCM_SHA384'];
  expect(await arrive(server, [...cipher, ...as('pump-7', 'ff'.repeat(16))])).toBe('TLSv1.3 nobody new');
  await using strict = await start('two-way');
  expect(await arrive(strict, [...cipher, ...as('pump-7', 'ff'.repeat(16))])).toBe('closed');
});

test('with TLS 1.3 alone, keys work too', async () => {
  await using server = await start('one-way', { preset: 'modern' });
  expect(await arrive(server, as('pump-7', key))).toBe('TLSv1.3 pump-7 new');
  expect(await arrive(server, ['-tls1_2', ...as('pump-7', key)])).toBe('closed');
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'no session of %s is resumed, so that none passes for a key',
  async (maxVersion) => {
    await using server = await start('one-way');
    const first = connectTls({ port: server.port, host: '127.0.0.1', ca: pki.root, maxVersion });
    first.write(hex(connectA));
    await once(first, 'data');
    const session = first.getSession();
    await server.accepted();
    first.destroy();
    if (session === undefined) throw new Error('no session to try');
    const again = connectTls({ port: server.port, host: '127.0.0.1', ca: pki.root, maxVersion, session });
    again.write(hex(connectA));
    expect((await server.accepted()).link.peer.tls).toMatchObject({ isResumed: false, certificate: undefined });
    again.destroy();
  },
);

test('a listener does not start with keys that cannot be read', async () => {
  const starting = startListener(
    { tls: 'one-way', accept: ['mqtt'], psk: { identities: { file: 'unused' } } },
    { certificates, pskIdentities: 'pump-7:secret' },
  );
  await expect(starting).rejects.toThrowError(/^listener test: psk\.identities, line 1: the key is not hex/);
});
