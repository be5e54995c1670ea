import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { beforeAll, expect, test } from 'vitest';
import { type Authority, createAuthority } from '../issue/authority.ts';
import { createPkcs12 } from './pkcs12.ts';

let authority: Authority;

beforeAll(async () => {
  authority = await createAuthority({ now: () => Date.UTC(2026, 5, 1) });
});

const chainOf = (leaf: string): X509Certificate[] =>
  [leaf, authority.intermediate.certificate, authority.root.certificate].map((pem) => new X509Certificate(pem));

test.each([
  ['EC P-256', generateKeyPairSync('ec', { namedCurve: 'prime256v1' })],
  ['RSA 2048', generateKeyPairSync('rsa', { modulusLength: 2_048 })],
])('a PKCS#12 file with an %s key is opened by OpenSSL with its password and no other', async (_, { privateKey }) => {
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const { leaf } = await authority.issueClient({ commonName: 'Zürich', key });
  const pfx = createPkcs12({ key, chain: chainOf(leaf), friendlyName: 'Zürich', password: 'secret' });
  expect(() => createSecureContext({ pfx, passphrase: 'secret' })).not.toThrow();
  expect(() => createSecureContext({ pfx, passphrase: 'Secret' })).toThrow(/mac verify failure/);
});

test('the same random octets give the same file, so that nothing else in it is random', async () => {
  const { leaf, key } = await authority.issueClient({ commonName: 'a' });
  const request = {
    key,
    chain: chainOf(leaf),
    friendlyName: 'a',
    password: 'b',
    random: (size: number) => Buffer.alloc(size, 7),
  };
  expect(createPkcs12(request).equals(createPkcs12(request))).toBe(true);
});

test('a key without its certificate is a mistake of the caller', () => {
  const request = { key: authority.root.key, chain: [], friendlyName: 'a', password: 'b' };
  expect(() => createPkcs12(request)).toThrow(/needs the certificate/);
});
