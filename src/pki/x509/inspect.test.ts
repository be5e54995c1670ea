import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { createAuthority } from '../issue/authority.ts';
import { describeX509 } from './inspect.ts';

test('a certificate is described in the words that logs use', async () => {
  const authority = await createAuthority({ now: () => Date.UTC(2026, 5, 1), serial: () => '4a'.repeat(16) });
  const { cert } = await authority.issueServer({
    commonName: 'broker, of "Zürich"',
    altNames: [
      { type: 'dns', value: '*.example.com' },
      { type: 'ip', value: '2001:db8::7' },
    ],
  });
  expect(describeX509(new X509Certificate(cert))).toEqual({
    subject: String.raw`CN=broker\, of \"Zürich\", O=Viaduct`,
    issuer: 'CN=Viaduct Intermediate CA, O=Viaduct',
    commonName: 'broker, of "Zürich"',
    serialNumber: '4A'.repeat(16),
    fingerprint256: expect.stringMatching(/^[0-9a-f]{64}$/),
    names: ['*.example.com', '2001:db8::7'],
    notBefore: Date.UTC(2026, 4, 31, 23, 55),
    notAfter: Date.UTC(2027, 5, 1),
    isCa: false,
    isSelfIssued: false,
    keyType: 'EC P-256',
    allows: { serverAuth: true, clientAuth: false },
  });
});
