import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { testPki } from '../../test/support/test-pki.ts';
import { commonNameOf, nameLine, peerCertificate } from './tls-peer.ts';

test('a name stands in one line, most specific part first (RFC 4514)', () => {
  expect(nameLine('C=DE\nO=Ex\\, ample\nCN=pump-7')).toBe('CN=pump-7, O=Ex\\, ample, C=DE');
  expect(nameLine('CN=bidi\u202ex\u0085')).toBe('CN=bidi\\u{202e}x\\u{85}');
  expect(nameLine('CN=pump-7\nO=Plant')).toBe('CN=pump-7, O=Plant');
  expect(nameLine(undefined)).toBe('');
});

test('the common name is unescaped', () => {
  expect(commonNameOf('O=x\nCN=a \\+ CN=b')).toBe('a + CN=b');
  expect(commonNameOf('CN=do\\"t\\#é\\5C')).toBe('do"t#é\\');
  expect(commonNameOf('CN=x + OU=y')).toBe('x');
});

test('there is no common name where it could be mistaken', () => {
  expect(commonNameOf('O=only')).toBeUndefined();
  expect(commonNameOf('CN=')).toBeUndefined();
  expect(commonNameOf('CN=one\nCN=two')).toBeUndefined();
  expect(commonNameOf('CN=a\\0ACN=evil')).toBeUndefined();
  expect(commonNameOf('CN=nul\\00x')).toBeUndefined();
});

test('a certificate is read as far as logs and identity need it', async () => {
  await using pki = await testPki();
  const { leaf } = await pki.client({ cn: 'client-demo' });
  const x509 = new X509Certificate(leaf);
  expect(peerCertificate(x509, () => x509)).toEqual({
    subject: 'CN=client-demo, O=Viaduct',
    issuer: 'CN=Test Intermediate CA, O=Viaduct',
    commonName: 'client-demo',
    serialNumber: x509.serialNumber,
    fingerprint256: expect.stringMatching(/^[0-9a-f]{64}$/),
    validTo: Date.parse(x509.validTo),
    names: expect.any(Function),
  });
});
