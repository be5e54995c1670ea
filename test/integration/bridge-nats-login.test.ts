import { createServer as createTlsServer } from 'node:tls';
import { nkeys } from '@nats-io/transport-node';
import { describe, expect, test } from 'vitest';
import type { NatsLogin, NatsTls } from '../../src/bridge/nats/resolved-options.ts';
import { AppError, messageOf } from '../../src/kernel/errors.ts';
import { listenAnywhere } from '../support/listen-anywhere.ts';
import { startLink } from '../support/nats-link.ts';
import { startNatsServer } from '../support/nats-server.ts';
import { testPki } from '../support/test-pki.ts';

const noTls: NatsTls = {
  caFile: undefined,
  certFile: undefined,
  keyFile: undefined,
  serverName: undefined,
  handshakeFirst: false,
};

/** What a start fails with: `code: message`. */
const refusal = async (start: Promise<unknown>): Promise<string> => {
  try {
    await start;
  } catch (error) {
    return error instanceof AppError ? `${error.code}: ${error.message}` : messageOf(error);
  }
  return 'it started';
};

describe('logging in to nats-server', () => {
  const user = nkeys.createUser();
  const seed = new TextDecoder().decode(user.getSeed());
  const stranger = new TextDecoder().decode(nkeys.createUser().getSeed());
  const cases: readonly { way: string; config: string; right: NatsLogin; wrong: NatsLogin; advice: string }[] = [
    {
      way: 'user and password',
      config: 'authorization { user: u, password: p }',
      right: { kind: 'user', user: 'u', password: 'p' },
      wrong: { kind: 'user', user: 'u', password: 'wrong-one' },
      advice: 'check nats.user and nats.password',
    },
    {
      way: 'a token',
      config: 'authorization { token: t0k3n }',
      right: { kind: 'token', token: 't0k3n' },
      wrong: { kind: 'token', token: 'wrong-one' },
      advice: 'check nats.token',
    },
    {
      way: 'an NKey',
      config: `authorization { users: [ { nkey: ${user.getPublicKey()} } ] }`,
      right: { kind: 'nkey', seed },
      wrong: { kind: 'nkey', seed: stranger },
      advice: 'check nats.nkey',
    },
  ];

  test.each(cases)('with $way: taken when right, one clear error when wrong or missing', async (given) => {
    await using server = await startNatsServer({ config: given.config });
    await using link = await startLink({ servers: [server.url], login: given.right });
    expect(link.state()).toMatchObject({
      status: 'connected',
      server: server.url,
      reconnects: 0,
      lastError: undefined,
    });
    const refused = await refusal(startLink({ servers: [server.url], login: given.wrong }));
    expect(refused).toBe(
      `nats-refused: NATS at ${server.url} refuses our credentials (Authorization Violation): ${given.advice}${given.way === 'an NKey' ? ', and that the server lists its public key' : ''}`,
    );
    expect(await refusal(startLink({ servers: [server.url] }))).toContain('none are configured');
  });

  test('credentials that were rotated are read again for the next connection; where they cannot be, the last ones count', async () => {
    await using before = await startNatsServer({ config: 'authorization { user: u, password: one }' });
    await using after = await startNatsServer({ config: 'authorization { user: u, password: two }' });
    let password: string | undefined = 'one';
    let { url } = before;
    const loginWith = (secret: string | undefined): NatsLogin => ({ kind: 'user', user: 'u', password: secret });
    await using link = await startLink({
      servers: () => [url],
      login: loginWith(password),
      readLogin: () =>
        password === undefined ? Promise.reject(new Error('no file')) : Promise.resolve(loginWith(password)),
    });
    password = 'two';
    url = after.url;
    await before.kill();
    await expect.poll(() => link.state()).toMatchObject({ status: 'connected', server: after.url });
    password = undefined;
    await after.restart();
    await expect.poll(() => link.state()).toMatchObject({ status: 'connected', reconnects: 2 });
    expect(link.telemetry.lines('warn')).toContainEqual(expect.stringMatching(/those read last are used: no file$/));
  });

  test('a second server that takes us makes up for one that does not', async () => {
    await using strict = await startNatsServer({ config: 'authorization { user: u, password: p }' });
    await using open = await startNatsServer();
    await using link = await startLink({ servers: [strict.url, open.url] });
    expect(link.state().server).toBe(open.url);
  });
});

describe('TLS to nats-server', () => {
  test('verifies the server by name and by address, and sends a client certificate', async () => {
    await using pki = await testPki();
    const caFile = await pki.file('ca.pem', pki.root);
    const bundle = await pki.file('chain.pem', pki.chain);
    const certFile = await pki.file('server.pem', pki.server.cert);
    const keyFile = await pki.file('server.key', pki.server.key);
    const client = await pki.client({ cn: 'viaduct' });
    const own = {
      certFile: await pki.file('client.pem', client.cert),
      keyFile: await pki.file('client.key', client.key),
    };
    const otherCa = await pki.file('other.pem', pki.otherRoot);
    await using server = await startNatsServer({
      config: `tls { cert_file: "${certFile}", key_file: "${keyFile}", ca_file: "${bundle}", verify: true }`,
    });
    for (const host of ['localhost', '127.0.0.1']) {
      await using link = await startLink({
        servers: [`tls://${host}:${server.port}`],
        tls: { ...noTls, caFile, ...own },
      });
      expect(link.state()).toMatchObject({ status: 'connected', server: `tls://${host}:${server.port}` });
    }
    const attempt = (tls: NatsTls) => refusal(startLink({ servers: [server.url], tls }));
    expect(await attempt({ ...noTls, caFile: otherCa, ...own })).toMatch(
      /^nats-refused: .*that we do not trust .*nats\.tls\.ca/,
    );
    expect(await attempt({ ...noTls, caFile })).toMatch(/^nats-refused: .*refuses our client certificate/);
    expect(await attempt({ ...noTls, caFile, ...own, serverName: 'other.example' })).toMatch(/do not trust/);
    expect(await attempt({ ...noTls, caFile: '/nowhere/ca.pem' })).toMatch(
      /^certificate-unreadable: nats\.tls\.ca: \/nowhere/,
    );
  });

  test('comes first where the server waits for it', async () => {
    await using pki = await testPki();
    const caFile = await pki.file('ca.pem', pki.root);
    const client = await pki.client({ cn: 'viaduct' });
    const own = {
      certFile: await pki.file('client.pem', client.cert),
      keyFile: await pki.file('client.key', client.key),
    };
    // Debian's nats-server is older than handshake_first: this one greets and answers pings.
    const server = createTlsServer(
      { cert: pki.server.cert, key: pki.server.key, ca: pki.chain, requestCert: true, minVersion: 'TLSv1.3' },
      (socket) => {
        socket.on('error', () => undefined);
        socket.on('data', (chunk: Buffer) => chunk.includes('PING') && socket.write('PONG\r\n'));
        socket.write(
          'INFO {"server_name":"early","version":"2.10.4","proto":1,"headers":true,"tls_required":true}\r\n',
        );
      },
    );
    const port = await listenAnywhere(server);
    const servers = [`tls://localhost:${port}`];
    {
      await using link = await startLink({ servers, tls: { ...noTls, caFile, ...own, handshakeFirst: true } });
      expect(link.state()).toMatchObject({ status: 'connected', serverName: 'early' });
    }
    const refused = await refusal(startLink({ servers, tls: { ...noTls, caFile, handshakeFirst: true } }));
    expect(refused).toMatch(/^nats-refused: .*refuses our client certificate/);
    server.close();
  });

  test('is not given up for a server that offers none', async () => {
    await using server = await startNatsServer();
    expect(await refusal(startLink({ servers: [`tls://127.0.0.1:${server.port}`] }))).toMatch(
      /^nats-refused: NATS at tls:\/\/127\.0\.0\.1:\d+ offers no TLS/,
    );
  });
});
