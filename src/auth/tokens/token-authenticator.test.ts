import { createHmac, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { type JWTPayload, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { type AskedFor, authenticationRequest } from '../../../test/support/authentication-request.ts';
import { fakeClock } from '../../../test/support/fake-clock.ts';
import { recordedTelemetry } from '../../../test/support/recorded-telemetry.ts';
import type { AuthenticationVerdict } from '../../broker/ports.ts';
import type { VerificationKey } from '../last-key-set.ts';
import { type Algorithm, algorithms, isSymmetric } from './algorithms.ts';
import { keysFor, publicKeys, secretKey } from './keys.ts';
import { jwtSchema } from './schema.ts';
import { createTokenAuthenticator } from './token-authenticator.ts';

const nowMs = Date.parse('2026-06-01T00:00:00Z');
const nowSeconds = nowMs / 1_000;
const secret = randomBytes(64).toString('hex');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const pairs: Readonly<Record<string, { publicKey: KeyObject; privateKey: KeyObject }>> = {
  RS: rsa,
  PS: rsa,
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  Ed: generateKeyPairSync('ed25519'),
};
const pairOf = (algorithm: Algorithm) => pairs[algorithm] ?? pairs[algorithm.slice(0, 2)]!;
const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();
const signingKey = (algorithm: Algorithm): KeyObject | Uint8Array =>
  isSymmetric(algorithm) ? Buffer.from(secret) : pairOf(algorithm).privateKey;
function usable<T>(keys: T | string): T {
  if (typeof keys === 'string') throw new Error(keys);
  return keys;
}
const keysOf = (allowed: readonly Algorithm[]): VerificationKey[] =>
  allowed.flatMap((algorithm) =>
    isSymmetric(algorithm)
      ? [usable(secretKey(secret, 'text', allowed))]
      : usable(publicKeys(pemOf(pairOf(algorithm).publicKey), 'key.pem', allowed)),
  );

const good: JWTPayload = { sub: 'ann', exp: nowSeconds + 60 };
const tokenOf = (claims: JWTPayload = good, algorithm: Algorithm = 'ES256', header: object = {}): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ ...header, alg: algorithm }).sign(signingKey(algorithm));
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

interface Shown extends AskedFor {
  readonly options?: object;
  readonly keys?: readonly VerificationKey[] | undefined;
}

async function verdictOn(token: string | undefined, { options = {}, keys, ...asked }: Shown = {}) {
  const parsed = jwtSchema.parse({ algorithms: ['ES256'], publicKeys: ['key.pem'], secret: undefined, ...options });
  if (parsed === undefined) throw new Error('there are options');
  const telemetry = recordedTelemetry();
  const known = keys ?? keysOf(parsed.algorithms);
  const authenticator = createTokenAuthenticator(parsed, {
    findKeys: (wanted) => Promise.resolve(keysFor(wanted, known)),
    clock: fakeClock(nowMs),
    events: telemetry.events,
  });
  const answer = authenticator.authenticate(authenticationRequest({ password: token, ...asked }));
  const verdict: AuthenticationVerdict =
    typeof answer === 'function' ? await answer(AbortSignal.timeout(10_000)) : answer;
  return { verdict, isAsked: typeof answer === 'function', telemetry };
}
const resultOf = async (...shown: Parameters<typeof verdictOn>): Promise<string> => {
  const { verdict } = await verdictOn(...shown);
  if (verdict.kind === 'reject') return `${verdict.code}: ${verdict.reason}`;
  return verdict.kind === 'accept' ? verdict.principal : `abstain: ${verdict.reason}`;
};

const optionsFor = (algorithm: Algorithm) =>
  isSymmetric(algorithm)
    ? { algorithms: [algorithm], secret: { env: 'S' }, publicKeys: [] }
    : { algorithms: [algorithm] };

describe.each(algorithms)('a token with %s', (algorithm) => {
  const options = optionsFor(algorithm);

  test('counts with the key that it is signed with, and gives name, trust, claims and end', async () => {
    const token = await tokenOf({ ...good, iss: 'https://id.example.com', groups: ['ops'] }, algorithm);
    const { verdict, telemetry } = await verdictOn(token, { options });
    expect(verdict).toEqual({
      kind: 'accept',
      principal: 'ann',
      trust: 'jwt:https://id.example.com',
      attributes: { groups: ['ops'], claims: expect.objectContaining({ sub: 'ann', groups: ['ops'] }) },
      isPasswordChecked: true,
      expiresAtMs: nowMs + 65_000,
    });
    expect(telemetry.count('auth_tokens_total', { outcome: 'accepted' })).toBe(1);
  });

  test('is refused under any other key, and where another algorithm is allowed', async () => {
    const token = await tokenOf(good, algorithm);
    const [head, body] = token.split('.');
    const forged = `${head}.${body}.${Buffer.alloc(64, 7).toString('base64url')}`;
    expect(await resultOf(forged, { options })).toMatch(/^bad-credentials: (the signature|its token cannot)/);
    for (const other of algorithms.filter((name) => name !== algorithm && name !== 'Ed25519' && name !== 'EdDSA'))
      expect(await resultOf(token, { options: optionsFor(other) })).toMatch(
        /^bad-credentials: .*access\.jwt\.algorithms/,
      );
  });
});

describe('attacks', () => {
  test.each(['none', 'None', 'NONE', 'nOnE'])('a token without a signature, alg %s', async (alg) => {
    const token = `${part({ alg, typ: 'JWT' })}.${part(good)}.`;
    const { verdict, isAsked, telemetry } = await verdictOn(token);
    expect(verdict).toMatchObject({ kind: 'reject', code: 'bad-credentials' });
    expect(isAsked).toBe(false);
    expect(telemetry.count('auth_tokens_total', { outcome: 'algorithm' })).toBe(1);
  });

  test.each(['HS256', 'HS384', 'HS512'] as const)('%s with a public key as secret (key confusion)', async (alg) => {
    const pem = pemOf(rsa.publicKey);
    const input = `${part({ alg })}.${part(good)}`;
    const forgeries = [pem, pem.trim(), rsa.publicKey.export({ type: 'spki', format: 'der' })].map(
      (key) =>
        `${input}.${createHmac(`sha${alg.slice(2)}`, key)
          .update(input)
          .digest('base64url')}`,
    );
    for (const token of forgeries) {
      expect(await resultOf(token, { options: { algorithms: ['RS256'] } })).toMatch(/does not allow/);
      const both = { algorithms: ['RS256', alg], secret: { env: 'S' } };
      expect(await resultOf(token, { options: both })).toBe('bad-credentials: the signature of its token is not right');
      const keys = usable(publicKeys(pem, 'key.pem', ['RS256']));
      expect(await resultOf(token, { options: both, keys })).toMatch(/there is no key for its token/);
    }
  });

  test('a token longer than access.jwt.size is refused before anything of it is read', async () => {
    const token = await tokenOf({ ...good, padding: 'x'.repeat(8_192) });
    const { verdict, isAsked } = await verdictOn(token);
    expect(verdict).toMatchObject({
      code: 'bad-credentials',
      reason: expect.stringContaining('access.jwt.size allows 8192'),
    });
    expect(isAsked).toBe(false);
    expect(await resultOf('a'.repeat(60_000))).toMatch(/^abstain/);
  });

  test.each([
    ['another type', { typ: 'secevent+jwt' }, /of another type \(typ: "secevent\+jwt"\)/],
    ['a type that is no text', { typ: 7 }, /of another type/],
    ['an extension that must be understood [RFC 7515 4.1.11]', { crit: ['b64'], b64: false }, /\(crit\)/],
    ['a key id that is no text', { kid: { a: 1 } }, /\(kid\)/],
  ])('%s', async (_name, header, reason) => {
    const token = `${part({ alg: 'ES256', ...header })}.${part(good)}.${'A'.repeat(86)}`;
    expect(await resultOf(token)).toMatch(reason);
  });

  test('a key that comes with the token is not looked at (jwk, jku, x5u)', async () => {
    const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const token = await new SignJWT(good)
      .setProtectedHeader({ alg: 'ES256', jwk: own.publicKey.export({ format: 'jwk' }), jku: 'http://127.0.0.1:9/' })
      .sign(own.privateKey);
    expect(await resultOf(token)).toBe('bad-credentials: the signature of its token is not right');
  });

  test('no change of a token lets anybody in', async () => {
    const token = await tokenOf();
    const bytesOf = (text: string): string =>
      text
        .split('.')
        .map((one) => Buffer.from(one, 'base64url').toString('hex'))
        .join('.');
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: token.length - 1 }), fc.integer({ min: 33, max: 126 }), async (at, code) => {
        const changed = token.slice(0, at) + String.fromCharCode(code) + token.slice(at + 1);
        if (bytesOf(changed) === bytesOf(token)) return;
        expect(await resultOf(changed)).not.toBe('ann');
      }),
      { numRuns: 300 },
    );
  });

  test('neither a reason nor a log line gives away a token', async () => {
    const token = await tokenOf({ ...good, exp: nowSeconds - 3_600 });
    const { verdict, telemetry } = await verdictOn(token);
    expect(JSON.stringify(verdict)).not.toContain(token.slice(0, 40));
    expect(telemetry.lines('debug').join('\n')).not.toContain(token.slice(0, 40));
  });
});

test.each([
  ['no password', undefined],
  ['a password', 'secret'],
  ['a password with dots', 'a.b.c'],
  ['five parts, as an encrypted token has', 'eyJhbGciOiJkaXIifQ.a.b.c.d'],
  ['a header that is no object', `${part([1])}.${part({})}.x`],
])('%s is left to the next provider', async (_name, password) => {
  const { verdict } = await verdictOn(password);
  expect(verdict.kind).toBe('abstain');
});

test('from: username takes the token from there, and leaves the password unchecked', async () => {
  const { verdict } = await verdictOn(undefined, { options: { from: 'username' }, username: await tokenOf() });
  expect(verdict).toMatchObject({ kind: 'accept', principal: 'ann' });
  expect(verdict).not.toHaveProperty('isPasswordChecked');
});

describe('time', () => {
  test.each([
    ['ended within access.jwt.clockSkew', { exp: nowSeconds - 4 }, 'ann'],
    ['ended', { exp: nowSeconds - 6 }, 'bad-credentials: its token has expired (exp)'],
    ['begins within access.jwt.clockSkew', { exp: nowSeconds + 60, nbf: nowSeconds + 4 }, 'ann'],
    [
      'begins later',
      { exp: nowSeconds + 60, nbf: nowSeconds + 6 },
      'bad-credentials: its token does not count yet (nbf)',
    ],
    ['never ends', {}, 'bad-credentials: its token has no "exp", which access.jwt asks for'],
  ])('a token that %s', async (_name, claims, result) => {
    expect(await resultOf(await tokenOf({ sub: 'ann', ...claims }))).toBe(result);
  });

  test('a token that never ends, where access.jwt.lasting takes it, gives no end to the connection', async () => {
    const { verdict } = await verdictOn(await tokenOf({ sub: 'ann' }), { options: { lasting: 'accept' } });
    expect(verdict).toMatchObject({ kind: 'accept' });
    expect(verdict).not.toHaveProperty('expiresAtMs');
  });
});

describe('claims', () => {
  test.each([
    ['the issuer', { issuer: ['a', 'b'] }, { iss: 'b' }, { iss: 'c' }],
    ['an issuer that is asked for', { issuer: ['a'] }, { iss: 'a' }, {}],
    ['the audience', { audience: ['mqtt'] }, { aud: ['web', 'mqtt'] }, { aud: 'web' }],
    ['an audience that nobody set', {}, {}, { aud: 'web' }],
    ['the client id', { claims: { client: '%c' } }, { client: 'a' }, { client: 'b' }],
    ['part of a claim', { claims: { client: 'dev-%c' } }, { client: 'dev-a' }, { client: 'dev-' }],
    ['the user name', { claims: { name: '%u' } }, { name: 'bob' }, { name: 'ann' }],
    ['one of a list', { claims: { 'a.b': 'x' } }, { a: { b: ['w', 'x'] } }, { a: { b: ['w'] } }],
    ['a number', { claims: { level: '3' } }, { level: 3 }, { level: 30 }],
    ['a claim that is there', { claims: { level: '3' } }, { level: '3' }, {}],
  ])('%s must fit', async (_name, options, fitting, other) => {
    const asked = { options, username: 'bob' };
    expect(await resultOf(await tokenOf({ ...good, ...fitting }), asked)).toBe('ann');
    expect(await resultOf(await tokenOf({ ...good, ...other }), asked)).toMatch(
      /^(bad-credentials|not-authorized|client-id): /,
    );
  });

  test('a token for another client id is refused as such', async () => {
    const token = await tokenOf({ ...good, client: 'b' });
    expect(await resultOf(token, { options: { claims: { client: '%c' } } })).toMatch(/^client-id: /);
  });

  test('%u asks for a user name', async () => {
    const token = await tokenOf({ ...good, name: '' });
    expect(await resultOf(token, { options: { claims: { name: '%u' } } })).toMatch(
      /^not-authorized: it sends no user name/,
    );
  });

  test.each([
    [7, 'has no text in "sub"'],
    ['', 'is empty'],
    ['a\u0000', 'has U+0000'],
    ['a\u202e', 'has U+202E'],
    ['a'.repeat(257), 'has 257 characters; 256 are allowed'],
  ])('a name that is %j is refused', async (sub, reason) => {
    const token = await tokenOf({ ...good, sub: sub as string });
    expect(await resultOf(token)).toContain(reason);
  });

  test.each([
    ['groups', { groups: ['a', 'b', 7] }, ['a', 'b']],
    ['scope', { scope: 'a b' }, ['a', 'b']],
    ['realm_access.roles', { realm_access: { roles: ['a'] } }, ['a']],
    ['realm_access.roles', { realm_access: 7 }, []],
    ['__proto__.a', {}, []],
  ])('groups come from %s', async (groups, claims, expected) => {
    const { verdict } = await verdictOn(await tokenOf({ ...good, ...claims }), { options: { groups } });
    expect(verdict).toMatchObject({ attributes: { groups: expected } });
  });
});

test('of several keys the one that fits counts, as at a rotation', async () => {
  const next = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pems = `${pemOf(next.publicKey)}\n${pemOf(pairOf('ES256').publicKey)}`;
  const keys = usable(publicKeys(pems, 'key.pem', ['ES256']));
  expect(await resultOf(await tokenOf(), { keys })).toBe('ann');
});

describe('keys that cannot be used say so', () => {
  test.each([
    ['a short secret', () => secretKey('short', 'text', ['HS256']), /has 5 bytes; .* need 32 at least/],
    ['one too short for the longest', () => secretKey('x'.repeat(48), 'text', ['HS256', 'HS512']), /need 64 at least/],
    ['no base64', () => secretKey('ä'.repeat(40), 'base64', ['HS256']), /is not base64/],
    ['no PEM', () => publicKeys('x', 'k.pem', ['RS256']), /k\.pem holds no public key in PEM form/],
    [
      'a private key',
      () => publicKeys(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 'k.pem', ['RS256']),
      /holds a private key/,
    ],
    ['a key of another kind', () => publicKeys(pemOf(rsa.publicKey), 'k.pem', ['ES256']), /\(rsa 2048\)/],
    [
      'a short RSA key',
      () => publicKeys(pemOf(generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey), 'k.pem', ['RS256']),
      /\(rsa 1024\).*2048 bits at least/,
    ],
  ])('%s', (_name, make, message) => {
    expect(make()).toMatch(message);
  });
});

describe('settings that do not fit together are refused', () => {
  test.each([
    [{ algorithms: [] }, 'algorithms'],
    [{ algorithms: ['none'], publicKeys: ['a'] }, 'algorithms.0'],
    [{ algorithms: ['HS256'] }, 'algorithms'],
    [{ algorithms: ['ES256'] }, 'algorithms'],
    [{ algorithms: ['ES256'], publicKeys: ['a'], secret: { env: 'S' } }, 'secret'],
    [{ algorithms: ['HS256'], secret: { env: 'S' }, publicKeys: ['a'] }, 'publicKeys'],
    [{ algorithms: ['ES256'], keySet: { url: 'https://user:pw@host/' } }, 'keySet.url'],
  ])('%j', (options, path) => {
    const parsed = jwtSchema.safeParse(options);
    expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toContain(path);
  });
});
