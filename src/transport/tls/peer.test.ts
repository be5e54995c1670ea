import { X509Certificate } from 'node:crypto';
import type { Certificate } from 'node:tls';
import { expect, test } from 'vitest';
import { testPki } from '../../../test/support/test-pki.ts';
import { commonNameOf, nameLine } from './distinguished-name.ts';
import { peerCertificate } from './peer.ts';

/** A name as Node gives it: values as they are, several of a kind as a list. */
const name = (parts: Record<string, string | string[]>): Certificate => Object.assign(Object.create(null), parts);

test('a name stands in one line, most specific part first (RFC 4514)', () => {
  expect(nameLine(name({ C: 'DE', O: 'Ex, ample', CN: 'pump-7' }))).toBe('CN=pump-7, O=Ex\\, ample, C=DE');
  expect(nameLine(name({ CN: 'bidi\u202ex\u0085' }))).toBe('CN=bidi\\u{202e}x\\u{85}');
  expect(nameLine(name({ CN: 'pump-7', O: 'Plant' }))).toBe('CN=pump-7, O=Plant');
  expect(nameLine(name({ DC: ['com', 'example'], CN: 'x' }))).toBe('CN=x, DC=example, DC=com');
  expect(nameLine(name({ O: ' a+b', CN: '#"\\ ' }))).toBe('CN=\\#\\"\\\\\\ , O=\\ a\\+b');
  expect(nameLine(name({}))).toBe('');
});

test('the common name is what the certificate says', () => {
  expect(commonNameOf(name({ O: 'x', CN: 'a + CN=b' }))).toBe('a + CN=b');
  expect(commonNameOf(name({ CN: 'do"t#é\\' }))).toBe('do"t#é\\');
});

test('there is no common name where it could be mistaken', () => {
  expect(commonNameOf(name({ O: 'only' }))).toBeUndefined();
  expect(commonNameOf(name({ CN: '' }))).toBeUndefined();
  expect(commonNameOf(name({ CN: ['one', 'two'] }))).toBeUndefined();
  expect(commonNameOf(name({ CN: 'a\nCN=evil' }))).toBeUndefined();
  expect(commonNameOf(name({ CN: 'nul\0x' }))).toBeUndefined();
});

test('a certificate is read as far as logs and identity need it', async () => {
  await using pki = await testPki();
  const { leaf } = await pki.client({ cn: 'client-demo' });
  const x509 = new X509Certificate(leaf);
  expect(peerCertificate(x509.toLegacyObject(), () => x509)).toEqual({
    subject: 'CN=client-demo, O=Viaduct',
    issuer: 'CN=Test Intermediate CA, O=Viaduct',
    commonName: 'client-demo',
    serialNumber: x509.serialNumber,
    fingerprint256: expect.stringMatching(/^[0-9a-f]{64}$/),
    validTo: Date.parse(x509.validTo),
    names: expect.any(Function),
    pem: expect.any(Function),
  });
});
