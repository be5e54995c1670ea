import { describe, expect, test } from 'vitest';
import { authenticationRequest } from '../../test/support/authentication-request.ts';
import { certificateWith } from '../../test/support/peer-certificate.ts';
import { providerDeps } from '../../test/support/provider-deps.ts';
import type { AuthenticationVerdict, PeerCertificate } from '../broker/ports.ts';
import { createAccess } from './access.ts';
import { accessSchema } from './schema.ts';

const host = '0.0.0.0';
const listeners = [
  { name: 'local', bind: { host: '127.0.0.1' } },
  { name: 'devices', bind: { host } },
  { name: 'more-devices', bind: { host } },
  { name: 'partner', bind: { host }, clientCa: './partner/ca.pem', psk: { identities: { file: './keys.psk' } } },
  { name: 'partner-too', bind: { host }, clientCa: 'partner/ca.pem', psk: { identities: { file: 'keys.psk' } } },
  { name: 'other', bind: { host }, clientCa: 'other.pem', psk: { identities: { env: 'KEYS' } } },
  { name: 'named', bind: { host }, clientCa: 'a.pem', trust: 'plant', psk: { identities: { env: 'A' } } },
  { name: 'named-too', bind: { host }, clientCa: 'b.pem', trust: 'plant', psk: { identities: { env: 'B' } } },
];

interface Attempt {
  readonly access?: unknown;
  readonly listener?: string;
  readonly clientId?: string;
  readonly certificate?: PeerCertificate;
  readonly pskIdentity?: string;
  readonly password?: string;
  /** `authentication` of the listener `own`. */
  readonly own?: readonly string[];
}

function verdict({
  access = {},
  listener = 'devices',
  clientId = 'x',
  certificate,
  password,
  own,
  ...psk
}: Attempt): AuthenticationVerdict {
  const tls = { version: 'TLSv1.3', cipher: 'any', servername: undefined, isResumed: false, certificate, ...psk };
  const peer = { listener, protocol: 'mqtts', address: '192.0.2.1', port: 1, tls } as const;
  const authenticator = createAccess(
    accessSchema.parse(access),
    providerDeps([...listeners, { name: 'own', bind: { host }, authentication: own }]),
  );
  const answer = authenticator.authenticate(authenticationRequest({ peer, clientId, password }));
  if (typeof answer === 'function') throw new Error('access asks nobody else');
  return answer;
}

test('a pre-shared key of TLS that proved itself gives its identity as user name', () => {
  expect(verdict({ pskIdentity: 'pump-7' })).toEqual({ kind: 'accept', principal: 'pump-7', trust: 'psk' });
});

const pump = certificateWith({ commonNames: ['pump'], uris: ['urn:pump'] });

describe('a client without a certificate', () => {
  test('is anonymous where access.anonymous lets it in', () => {
    expect(verdict({ listener: 'local' })).toEqual({ kind: 'accept', principal: 'anonymous', trust: 'none' });
    expect(verdict({ access: { anonymous: ['devices'] } })).toEqual({
      kind: 'accept',
      principal: 'anonymous',
      trust: 'none',
    });
  });

  test('is refused elsewhere, and the reason says what to set', () => {
    for (const attempt of [{}, { listener: 'local', access: { anonymous: 'never' } }])
      expect(verdict(attempt)).toMatchObject({
        code: 'not-authorized',
        reason: expect.stringContaining('access.anonymous'),
      });
  });
});

describe('a client with a certificate', () => {
  test('is its common name by default, under any client id', () => {
    expect(verdict({ certificate: pump })).toEqual({
      kind: 'accept',
      principal: 'pump',
      trust: 'certificate:folder',
    });
  });

  test('is what access.certificate.principal makes of it', () => {
    const access = { anonymous: 'never', certificate: { principal: 'id:{san.uri}' } };
    expect(verdict({ access, certificate: pump })).toMatchObject({ kind: 'accept', principal: 'id:urn:pump' });
  });

  test('is refused without the field, with the subject and the setting in the reason', () => {
    expect(verdict({ access: { certificate: { principal: '{san.email}' } }, certificate: pump })).toEqual({
      kind: 'reject',
      code: 'not-authorized',
      reason:
        'not authorized: certificate "CN=pump" has no alternative name of type email, which {san.email} asks for (access.certificate.principal)',
    });
  });

  test('is refused where it would pass for one of the anonymous clients', () => {
    const certificate = certificateWith({ commonNames: ['anonymous'] });
    expect(verdict({ listener: 'local', certificate })).toMatchObject({ kind: 'reject', code: 'not-authorized' });
  });
});

describe('the client id is bound to the certificate', () => {
  const result = (certificateOptions: object, clientId: string) => {
    const one = verdict({ access: { certificate: certificateOptions }, certificate: pump, clientId });
    return one.kind === 'reject' ? one.code : one.kind;
  };

  test.each([
    ['pump', 'accept'],
    ['pump:1', 'client-id'],
    ['Pump', 'client-id'],
    ['', 'client-id'],
  ])('equal: %j gives %s', (clientId, expected) => {
    expect(result({ bind: 'equal' }, clientId)).toBe(expected);
  });

  test.each([
    ['pump', 'accept'],
    ['pump:', 'accept'],
    ['pump:1:2', 'accept'],
    ['pump2', 'client-id'],
    ['pum', 'client-id'],
  ])('prefix: %j gives %s', (clientId, expected) => {
    expect(result({ bind: 'prefix' }, clientId)).toBe(expected);
  });

  test.each([
    ['site-1@pump', 'accept'],
    ['@pump', 'accept'],
    ['pump', 'client-id'],
    ['site@pump2', 'client-id'],
  ])('pattern "*@{cn}": %j gives %s', (clientId, expected) => {
    expect(result({ bind: 'pattern', clientId: '*@{cn}' }, clientId)).toBe(expected);
  });

  test('a pattern takes no client id in which its two ends overlap', () => {
    expect(result({ bind: 'pattern', clientId: 'a-{cn}-*-a' }, 'a-pump-a')).toBe('client-id');
    expect(result({ bind: 'pattern', clientId: 'a-{cn}-*-a' }, 'a-pump--a')).toBe('accept');
  });

  test('the reason names what is allowed', () => {
    expect(
      verdict({ access: { certificate: { bind: 'prefix' } }, certificate: pump, clientId: 'other' }),
    ).toMatchObject({
      reason:
        'not authorized: certificate "CN=pump" may use the client id "pump" or what begins with "pump:" only (access.certificate.bind)',
    });
  });

  test('a certificate without the value for the client id is refused as such', () => {
    const access = { certificate: { bind: 'equal', clientId: '{san.email}' } };
    expect(verdict({ access, certificate: pump })).toMatchObject({
      code: 'not-authorized',
      reason: expect.stringContaining('(access.certificate.clientId)'),
    });
  });
});

test.each([
  [{ principal: 'all' }, ['certificate', 'principal']],
  [{ clientId: '{cn}*' }, ['certificate', 'clientId']],
  [{ bind: 'pattern', clientId: '{cn}*' }, ['certificate', 'clientId']],
  [{ separator: '--' }, ['certificate', 'separator']],
  [{ separator: '/' }, ['certificate', 'separator']],
])('the configuration %j is refused at %j', (certificate, path) => {
  const { error } = accessSchema.safeParse({ certificate });
  expect(error?.issues).toEqual([expect.objectContaining({ path })]);
});

describe('a listener with a list of its own', () => {
  const on = (authentication: string[], attempt: Attempt = {}) =>
    verdict({ listener: 'own', own: authentication, access: { anonymous: ['own'] }, ...attempt });

  test('asks those that it names and nobody else', () => {
    expect(on(['certificate'])).toEqual({ kind: 'reject', code: 'not-authorized', reason: expect.any(String) });
    expect(on(['psk'], { certificate: pump })).toMatchObject({ kind: 'reject' });
    expect(on(['psk', 'certificate'], { certificate: pump })).toMatchObject({ principal: 'pump' });
    expect(on(['certificate', 'anonymous'])).toMatchObject({ principal: 'anonymous' });
  });

  test('asks in its order', () => {
    expect(on(['anonymous', 'certificate'], { certificate: pump })).toMatchObject({ principal: 'anonymous' });
    expect(on(['psk', 'certificate'], { certificate: pump, pskIdentity: 'key' })).toMatchObject({ principal: 'key' });
  });

  test('asks for both where it says so', () => {
    const both = ['certificate+psk'];
    expect(on(both, { certificate: pump })).toMatchObject({ kind: 'reject' });
    expect(on(both, { certificate: pump, pskIdentity: 'key' })).toMatchObject({ principal: 'pump' });
    const access = { certificate: { bind: 'equal' } };
    expect(on(both, { access, clientId: 'pump', certificate: pump, pskIdentity: 'key' })).toMatchObject({
      kind: 'reject',
      reason: expect.stringContaining('access.certificate.bind'),
    });
  });
});

describe('who vouches for a client', () => {
  const trustOf = (listener: string, kind: 'certificate' | 'psk'): unknown => {
    const given = verdict({ listener, ...(kind === 'psk' ? { pskIdentity: 'pump' } : { certificate: pump }) });
    return given.kind === 'accept' ? given.trust : given;
  };

  test.each(['certificate', 'psk'] as const)('is the same where the configuration says so, by a %s', (kind) => {
    expect(trustOf('devices', kind)).toBe(trustOf('more-devices', kind));
    expect(trustOf('partner', kind)).toBe(trustOf('partner-too', kind));
    expect(trustOf('named', kind)).toBe(trustOf('named-too', kind));
    const different = ['devices', 'partner', 'other', 'named'].map((listener) => trustOf(listener, kind));
    expect(new Set(different).size).toBe(different.length);
  });

  test('is never the same for a certificate and a pre-shared key', () => {
    for (const { name } of listeners) expect(trustOf(name, 'psk')).not.toBe(trustOf(name, 'certificate'));
  });
});

test('a password where nobody checks passwords lets nobody in, and by default nobody is refused for it', () => {
  const withPassword = (access: unknown, listener: string): AuthenticationVerdict =>
    verdict({ access, listener, password: 'secret' });
  expect(withPassword({}, 'local')).toMatchObject({ kind: 'accept', principal: 'anonymous' });
  expect(withPassword({}, 'devices')).toMatchObject({ kind: 'reject', code: 'not-authorized' });
  const access = { uncheckedPasswords: 'refuse' };
  expect(withPassword(access, 'local')).toMatchObject({ kind: 'reject', code: 'bad-credentials' });
  expect(verdict({ access, certificate: pump, password: 'secret' })).toMatchObject({ code: 'bad-credentials' });
  expect(verdict({ access, listener: 'local' })).toMatchObject({ kind: 'accept' });
});
