import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../../kernel/errors.ts';
import { type CsrRequest, createCsr } from '../x509/csr.ts';
import { bits, derNull, element, explicit, implicit, integer, octets, oid, sequence, set } from '../x509/der-write.ts';
import { encodeName } from '../x509/general-name.ts';
import { generateKey, publicKeyOf } from '../x509/keys.ts';
import type { AltName } from '../x509/names.ts';
import { profiles } from '../x509/profile.ts';
import { type CsrPolicy, judgeCsr } from './csr-checks.ts';

let key: string;
beforeAll(async () => {
  key = await generateKey();
});

const client: CsrPolicy = { profile: profiles.client };
const request = (parts: Partial<CsrRequest> = {}): string =>
  createCsr({ subject: { commonName: 'pump-7' }, key, ...parts });
const judge = (bytes: Buffer | string, policy: CsrPolicy = client) =>
  judgeCsr(Buffer.from(bytes), policy, 'device.csr');

function refusal(bytes: Buffer | string, policy: CsrPolicy = client): { rule: unknown; message: string } {
  try {
    judge(bytes, policy);
  } catch (problem) {
    if (problem instanceof AppError && problem.code === 'issuing-refused')
      return { rule: problem.details['rule'], message: problem.message };
    throw problem;
  }
  throw new Error('the request was not refused');
}

interface RawRequest {
  readonly key: string;
  readonly names?: readonly Buffer[];
  readonly algorithm?: Buffer;
  readonly hash?: string;
  /** PEM of the key that signs instead. */
  readonly signedBy?: string;
}

/** A request as no tool here makes it. */
function rawRequest({
  key: own,
  names = [],
  algorithm = sequence(oid('1.2.840.10045.4.3.2')),
  ...how
}: RawRequest): Buffer {
  const name = sequence(set(sequence(oid('2.5.4.3'), element(0x0c, Buffer.from('pump-7')))));
  const extensions = sequence(sequence(oid('2.5.29.17'), octets(sequence(...names))));
  const attributes = explicit(0, sequence(oid('1.2.840.113549.1.9.14'), set(extensions)));
  const spki = createPublicKey(createPrivateKey(own)).export({ type: 'spki', format: 'der' });
  const content = sequence(integer(0), name, spki, attributes);
  return sequence(content, algorithm, bits(sign(how.hash ?? 'sha256', content, how.signedBy ?? own)));
}

const pkcs8 = (pair: { privateKey: { export(options: object): unknown } }): string =>
  String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));

describe('a sound request', () => {
  test('gives what is to be issued, and the key that it is for', () => {
    const altNames: AltName[] = [{ type: 'dns', value: 'pump-7.example.com' }];
    const { request: asked, publicKey } = judge(request({ altNames, extendedUses: ['clientAuth'] }), {
      ...client,
      organization: 'Acme',
      notAfter: 7_000,
      crlUrls: ['http://pki/crl'],
    });
    expect(asked).toEqual({
      profile: profiles.client,
      subject: { commonName: 'pump-7', organization: 'Acme' },
      altNames,
      notAfter: 7_000,
      crlUrls: ['http://pki/crl'],
    });
    expect(publicKey.equals(publicKeyOf(key))).toBe(true);
  });

  test('gets the names of the policy where that has them, and never the organization that it asks for', () => {
    const bytes = request({
      subject: { commonName: 'boss', organization: 'Bank' },
      altNames: [{ type: 'dns', value: 'bank.com' }],
    });
    const { request: asked } = judge(bytes, { ...client, commonName: 'pump-7', altNames: [] });
    expect(asked).toMatchObject({ subject: { commonName: 'pump-7' }, altNames: [] });
    expect(asked.subject).not.toHaveProperty('organization');
  });

  test('gets its names in one form: lower case, no dot at the end', () => {
    const { request: asked } = judge(request({ altNames: [{ type: 'dns', value: 'Pump-7.Example.COM.' }] }));
    expect(asked.altNames).toEqual([{ type: 'dns', value: 'pump-7.example.com' }]);
  });

  test('may ask for a CA where the profile is one', () => {
    const asked = judge(request({ isCa: true }), { profile: profiles.intermediate });
    expect(asked.request.profile.name).toBe('intermediate');
  });
});

describe('a request is refused', () => {
  test('that was signed by another key: a forged signature proves nothing (RFC 2986 4.2)', async () => {
    const found = refusal(rawRequest({ key, signedBy: await generateKey() }));
    expect(found.rule).toBe('no-possession');
    expect(found.message).toBe(
      'device.csr is refused: its signature was not made with the key that it wants certified; make the request again with that key',
    );
  });

  test('whose key was exchanged after it was signed', async () => {
    const bytes = Buffer.from(request().replace(/-----[^-]+-----|\s/g, ''), 'base64');
    const own = createPublicKey(key).export({ type: 'spki', format: 'der' });
    const other = publicKeyOf(await generateKey()).export({ type: 'spki', format: 'der' });
    other.copy(bytes, bytes.indexOf(own));
    expect(refusal(bytes).rule).toBe('no-possession');
  });

  test.each([
    [
      'RSA of 1024 bits',
      generateKeyPairSync('rsa', { modulusLength: 1_024 }),
      /its RSA key has 1024 bits; use EC P-256/,
    ],
    [
      'the curve secp256k1',
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
      /its key is on the curve secp256k1; use/,
    ],
    [
      'RSA with the exponent 3',
      generateKeyPairSync('rsa', { modulusLength: 2_048, publicExponent: 3 }),
      /exponent 3; make/,
    ],
  ])('for a weak key: %s', (_what, pair, sentence) => {
    const found = refusal(rawRequest({ key: pkcs8(pair) }));
    expect(found.rule).toBe('weak-key');
    expect(found.message).toMatch(sentence);
  });

  test('that is signed with SHA-1, or in a way that is not known here', () => {
    const weak = refusal(rawRequest({ key, algorithm: sequence(oid('1.2.840.10045.4.1')), hash: 'sha1' }));
    expect(weak.rule).toBe('weak-signature');
    expect(weak.message).toMatch(/it is signed with SHA-1 with ECDSA, which can be forged; sign it with SHA-256/);
    const unknown = refusal(rawRequest({ key, algorithm: sequence(oid('1.2.840.113549.1.1.10'), derNull()) }));
    expect(unknown.message).toMatch(
      /it is signed with 1\.2\.840\.113549\.1\.1\.10, which is not known here; sign it with/,
    );
  });

  test('that asks for a CA, where an end certificate is issued', () => {
    const found = refusal(request({ isCa: true }));
    expect(found.rule).toBe('asks-for-ca');
    expect(found.message).toMatch(/it asks for a CA .* a client certificate is an end certificate; take that out/);
  });

  test('that asks for another extended key usage', () => {
    const found = refusal(request({ extendedUses: ['clientAuth', 'serverAuth'] }));
    expect(found.rule).toBe('purpose');
    expect(found.message).toMatch(/extended key usage serverAuth; a client certificate has clientAuth only/);
  });

  test('with more than 100 names', () => {
    const altNames = Array.from({ length: 101 }, (_, index) => ({ type: 'dns' as const, value: `n${index}` }));
    const found = refusal(request({ altNames }));
    expect(found.rule).toBe('alt-name-kind');
    expect(found.message).toMatch(/it asks for 101 alternative names; at most 100 are allowed/);
  });

  test('with a name of a kind that is not issued here, rather than without that name', () => {
    const directoryName = implicit(4, Buffer.alloc(2));
    const found = refusal(rawRequest({ key, names: [encodeName({ type: 'dns', value: 'a' }), directoryName] }));
    expect(found.message).toMatch(/an alternative name of a kind that is not issued here; use DNS names/);
  });

  test.each([
    ['a NUL in it', { type: 'dns', value: 'good.com\0.evil.com' }],
    ['a comma in it', { type: 'dns', value: 'a,DNS:b' }],
    ['a bare wildcard', { type: 'dns', value: '*' }],
    ['a slash in it', { type: 'dns', value: 'a/b' }],
    ['an address as DNS name', { type: 'dns', value: '192.0.2.7' }],
    ['no value', { type: 'dns', value: '' }],
    ['an escape sequence in it', { type: 'email', value: '\u001b[2J@example.com' }],
    ['no scheme', { type: 'url', value: 'device' }],
  ] satisfies [string, AltName][])('with a name that has %s', (_what, name) => {
    const found = refusal(request({ altNames: [name] }));
    expect(found.rule).toBe('alt-name-form');
    expect(found.message).not.toMatch(/\p{Cc}/u);
  });

  test('without a common name, where the policy has none', () => {
    const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
    const content = sequence(integer(0), sequence(), spki, explicit(0));
    const bytes = sequence(content, sequence(oid('1.2.840.10045.4.3.2')), bits(sign('sha256', content, key)));
    expect(refusal(bytes)).toEqual({
      rule: 'no-common-name',
      message: 'device.csr is refused: it has no common name, or several; give it exactly one',
    });
    expect(judge(bytes, { ...client, commonName: 'pump-7' }).request.subject.commonName).toBe('pump-7');
  });

  test('for a name that its requester may not have, common or alternative', () => {
    const policy: CsrPolicy = {
      ...client,
      nameProblem: ({ type, value }) => (value.startsWith('pump-7') ? undefined : `no ${type} of yours`),
    };
    expect(
      judge(request({ altNames: [{ type: 'dns', value: 'pump-7.local' }] }), policy).request.altNames,
    ).toHaveLength(1);
    const other = refusal(request({ altNames: [{ type: 'dns', value: 'pump-8' }] }), policy);
    expect(other).toEqual({
      rule: 'name-forbidden',
      message: 'device.csr is refused: the name pump-8 is refused: no dns of yours',
    });
    const named = refusal(request({ subject: { commonName: 'x\u001b[2J' } }), policy);
    expect(named.message).toBe('device.csr is refused: the name x\\u{1b}[2J is refused: no commonName of yours');
  });

  test('that cannot be read, with what is wrong with it', () => {
    expect(refusal(request().slice(0, 200))).toEqual({
      rule: 'request-unreadable',
      message: 'device.csr is cut off (the request has no end)',
    });
  });
});
