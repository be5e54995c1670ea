import { describe, expect, test } from 'vitest';
import { listenerSchema } from '../schema.ts';

const listener = { name: 'a', bind: '127.0.0.1:8883', tls: 'two-way', accept: ['mqtt'] };

const problems = (change: object): [string, string][] =>
  (listenerSchema.safeParse({ ...listener, ...change }).error?.issues ?? []).map(({ path, message }) => [
    path.join('.'),
    message,
  ]);

test('server names are taken in any case, with a wildcard for one label', () => {
  const certificates = [{ names: ['Broker.Example.com', '*.site_1.example'], certificate: 'a.pem', key: 'a.key' }];
  expect(listenerSchema.parse({ ...listener, certificates }).certificates[0]?.names).toEqual([
    'broker.example.com',
    '*.site_1.example',
  ]);
});

describe('refused with the reason and the way out:', () => {
  test.each<[string, object, string, RegExp]>([
    ['a certificate without its key', { certificate: 'a.pem' }, 'certificate', /needs its private key; give `key` too/],
    ['a key without its certificate', { key: 'a.key' }, 'key', /give `certificate` too/],
    ['trust anchors where none are asked', { tls: 'one-way', clientCa: 'a.pem' }, 'clientCa', /two-way/],
    ['a certificate without TLS', { tls: 'off', certificate: 'a.pem', key: 'a.key' }, 'certificate', /use one-way/],
    [
      'an IP address as a server name',
      { certificates: [{ names: ['[::1]'], certificate: 'a.pem', key: 'a.key' }] },
      'certificates.0.names.0',
      /"\[::1\]" is no server name/,
    ],
    [
      'a server name with two certificates',
      {
        certificates: [
          { names: ['a.example'], certificate: 'a.pem', key: 'a.key' },
          { names: ['A.example'], certificate: 'b.pem', key: 'b.key' },
        ],
      },
      'certificates.1.names.0',
      /"a\.example" has a certificate already/,
    ],
    [
      'pins where none are asked',
      { tls: 'one-way', clientPins: ['00'.repeat(32)] },
      'clientPins',
      /leave clientPins out/,
    ],
    ['a chain depth without a chain', { tls: 'auto', clientChainDepth: 1 }, 'clientChainDepth', /not asked for/],
    [
      'a pin that is no SHA-256',
      { clientPins: ['abc'] },
      'clientPins.0',
      /"abc" is no SHA-256 fingerprint.*openssl x509/,
    ],
    ['rates without TLS', { tls: 'off', handshakeRate: { overall: 1 } }, 'handshakeRate', /with tls: off there is no/],
    ['ALPN without TLS', { tls: 'off', alpn: true }, 'alpn', /with tls: off there is no TLS that alpn could be for/],
    ['keys without TLS', { tls: 'off', psk: { identities: { env: 'PSK' } } }, 'psk', /use one-way, or leave it out/],
    ['a key log without TLS', { tls: 'off', keyLog: 'x' }, 'keyLog', /use one-way, or leave it out/],
    [
      'keys with ciphers that TLS 1.3 cannot use them with',
      {
        psk: { identities: { env: 'PSK' } },
        policy: { minVersion: '1.3', ciphers: ['TLS_AES_256_GCM_SHA384', 'TLS_AES_128_GCM_SHA256'] },
      },
      'policy.ciphers',
      /put TLS_AES_128_GCM_SHA256 before TLS_AES_256_GCM_SHA384/,
    ],
    ['TLS 1.1', { policy: { minVersion: '1.1' } }, 'policy.minVersion', /"1\.1" is broken and forbidden \(RFC 8996\)/],
    ['TLS 1.0', { policy: { minVersion: 'TLSv1' } }, 'policy.minVersion', /RFC 8996/],
    ['a number as a version', { policy: { minVersion: 1.2 } }, 'policy.minVersion', /in quotes/],
    [
      'modern with TLS 1.2',
      { policy: { preset: 'modern', minVersion: '1.2' } },
      'policy.minVersion',
      /modern is TLS 1\.3 only; use preset intermediate/,
    ],
    [
      'a broken cipher',
      { policy: { ciphers: ['RC4-SHA'] } },
      'policy.ciphers.0',
      /"RC4-SHA" is broken; there are TLS_/,
    ],
    ['no forward secrecy', { policy: { ciphers: ['AES128-GCM-SHA256'] } }, 'policy.ciphers.0', /no forward secrecy/],
    ['no authentication', { policy: { ciphers: ['ADH-AES128-SHA256'] } }, 'policy.ciphers.0', /who the server is/],
    ['finite fields', { policy: { ciphers: ['DHE-RSA-AES128-GCM-SHA256'] } }, 'policy.ciphers.0', /CVE-2002-20001/],
    ['a rule of OpenSSL', { policy: { ciphers: ['ALL:@SECLEVEL=0'] } }, 'policy.ciphers.0', /is no cipher that can be/],
    [
      'ciphers of TLS 1.2 alone',
      { policy: { ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] } },
      'policy.ciphers',
      /no cipher for TLS 1\.3 is left/,
    ],
    [
      'ciphers of TLS 1.3 alone without saying so',
      { policy: { ciphers: ['TLS_AES_128_GCM_SHA256'] } },
      'policy.ciphers',
      /say minVersion "1\.3"/,
    ],
    [
      'ciphers that are never used',
      { policy: { minVersion: '1.3', ciphers: ['TLS_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-SHA'] } },
      'policy.ciphers',
      /"ECDHE-RSA-AES128-SHA" is for TLS 1\.2, which is off here/,
    ],
  ])('%s', (_, change, path, message) => {
    expect(problems(change)).toEqual([[path, expect.stringMatching(message)]]);
  });
});
