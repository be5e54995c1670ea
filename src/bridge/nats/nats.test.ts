import { errors, nkeys } from '@nats-io/transport-node';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../kernel/errors.ts';
import { backoffMs } from './backoff.ts';
import { ClientCertificateError, connectFailure, isHangUp, NoTlsError } from './failure.ts';
import { loginOptions } from './login.ts';
import { resolveNatsOptions } from './resolved-options.ts';
import { natsSchema } from './schema.ts';
import { parseServerUrl, showServer } from './server-url.ts';
import { UnconfirmedBytes } from './unconfirmed.ts';

describe('delays', () => {
  test('double up to the longest, and vary by half', () => {
    expect([0, 1, 2, 10].map((attempt) => backoffMs(attempt, 100, 1_000, 1))).toEqual([100, 200, 400, 1_000]);
    expect(backoffMs(0, 100, 1_000, 0)).toBe(50);
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
        const delayMs = backoffMs(attempt, 250, 10_000, random);
        return delayMs >= 125 && delayMs <= 10_000;
      }),
    );
  });
});

describe('failures', () => {
  const kindOf = (cause: unknown) => connectFailure('nats://h:1', { kind: 'none' }, cause).kind;
  const system = (code: string) => Object.assign(new Error(code.toLowerCase()), { code });

  test.each([
    [new errors.AuthorizationError('Authorization Violation'), 'refused'],
    [new errors.UserAuthenticationExpiredError('User Authentication Expired'), 'refused'],
    [system('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'), 'refused'],
    [system('ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE'), 'refused'],
    [system('SELF_SIGNED_CERT_IN_CHAIN'), 'untrusted'],
    [system('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'untrusted'],
    [system('ERR_TLS_CERT_ALTNAME_INVALID'), 'untrusted'],
    [new Error('outer', { cause: system('CERT_HAS_EXPIRED') }), 'untrusted'],
    [new ClientCertificateError('it hung up', { cause: system('ECONNRESET') }), 'refused'],
    [new NoTlsError(), 'no-tls'],
    [system('ECONNREFUSED'), 'unreachable'],
    ['text', 'unreachable'],
  ])('%s is %s', (cause, kind) => {
    expect(kindOf(cause)).toBe(kind);
  });

  test('are a hang-up only where the server ended the connection without a word', () => {
    expect([undefined, system('ECONNRESET'), new errors.ConnectionError('closed')].map(isHangUp)).toEqual([
      true,
      true,
      true,
    ]);
    expect([new errors.AuthorizationError('x'), system('ETIMEDOUT'), new errors.TimeoutError()].map(isHangUp)).toEqual([
      false,
      false,
      false,
    ]);
  });

  test('are told with the server, the reason and what to check', () => {
    const { sentence } = connectFailure(
      'nats://h:1',
      { kind: 'user', user: 'u', password: 'top-secret' },
      new errors.AuthorizationError('Authorization Violation'),
    );
    expect(sentence).toBe(
      'NATS at nats://h:1 refuses our credentials (Authorization Violation): check nats.user and nats.password',
    );
  });
});

describe('server URLs', () => {
  test.each([
    ['nats://localhost:4222', { host: 'localhost', port: 4_222, needsTls: false }],
    ['tls://nats.example.org', { host: 'nats.example.org', port: 4_222, needsTls: true }],
    ['nats://[::1]:1', { host: '::1', port: 1, needsTls: false }],
    ['nats://10.0.0.1:80', { host: '10.0.0.1', port: 80, needsTls: false }],
  ])('%s is read and shown again', (text, url) => {
    expect(parseServerUrl(text)).toEqual(url);
    expect(parseServerUrl(showServer(url))).toEqual(url);
  });

  test.each(['http://h', 'nats://user:pass@h:1', 'nats://', 'nats://h:1/path', 'h:1'])('%s is refused', (text) => {
    const result = natsSchema.safeParse({ servers: [text] });
    expect(result.error?.issues[0]?.message).toContain('nats://host:port');
  });
});

describe('options', () => {
  test('name one way to log in', () => {
    const issues = natsSchema.safeParse({ user: 'u', token: { env: 'T' }, creds: 'f' }).error?.issues ?? [];
    expect(issues.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
      'token: nats.user and nats.token are two ways to log in; keep one',
      'creds: nats.user and nats.creds are two ways to log in; keep one',
    ]);
    expect(natsSchema.safeParse({ password: { env: 'P' } }).error?.issues[0]?.path).toEqual(['password']);
    expect(natsSchema.safeParse({ tls: { cert: 'c.pem' } }).error?.issues[0]?.path).toEqual(['tls', 'key']);
  });

  test('are resolved with their secrets', () => {
    const sources = {
      secret: () => 's3cret',
      file: (path: string) => `text of ${path}`,
      again: () => Promise.resolve('new'),
    };
    const login = (config: object) =>
      resolveNatsOptions(natsSchema.parse(config), sources, {
        hasEcho: false,
        clientName: 'n1',
        packetBytes: () => 1_048_576,
      }).login;
    expect(login({})).toEqual({ kind: 'none' });
    expect(login({ user: 'u', password: { env: 'P' } })).toEqual({ kind: 'user', user: 'u', password: 's3cret' });
    expect(login({ token: { env: 'T' } })).toEqual({ kind: 'token', token: 's3cret' });
    expect(login({ nkey: { file: 'F' } })).toEqual({ kind: 'nkey', seed: 's3cret' });
    expect(login({ creds: 'x.creds' })).toEqual({ kind: 'creds', text: 'text of x.creds' });
  });

  test('with a seed or credentials that cannot be read are a config error that does not show them', () => {
    const seed = new TextDecoder().decode(nkeys.createUser().getSeed());
    expect(loginOptions({ kind: 'nkey', seed }).authenticator?.('nonce')).toMatchObject({
      nkey: expect.stringMatching(/^U/),
    });
    const creds = `-----BEGIN NATS USER JWT-----\njwt\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------`;
    for (const text of [creds, `${creds}\n`, `${creds}\r\n`])
      expect(loginOptions({ kind: 'creds', text }).authenticator?.('nonce')).toMatchObject({ jwt: 'jwt' });
    for (const login of [
      { kind: 'nkey', seed: 'SUnonsense' },
      { kind: 'creds', text: 'nonsense' },
    ] as const) {
      expect(() => loginOptions(login)).toThrow(ConfigError);
      expect(() => loginOptions(login)).not.toThrow(/nonsense/);
    }
  });
});

describe('unconfirmed bytes', () => {
  test('are bounded, and freed by round trips', async () => {
    const trips: (() => void)[] = [];
    const bytes = new UnconfirmedBytes(800, () => new Promise((resolve) => trips.push(resolve)));
    for (let n = 0; n < 8; n++) {
      expect(bytes.hasRoomFor(100)).toBe(true);
      bytes.add(100);
    }
    expect(bytes.hasRoomFor(1)).toBe(false);
    expect(trips).toHaveLength(1);
    trips[0]?.();
    await expect.poll(() => trips.length).toBe(2); // what was sent meanwhile is asked for next
    expect([bytes.hasRoomFor(100), bytes.hasRoomFor(101)]).toEqual([true, false]);
    trips[1]?.();
    await expect.poll(() => bytes.hasRoomFor(800)).toBe(true);
  });
});
