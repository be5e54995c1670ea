import { expect, test } from 'vitest';
import { z } from 'zod';
import { certificatesSchema } from './schema.ts';

test('certificates stand in ./certs and have no more names, unless the configuration says so', () => {
  expect(certificatesSchema.parse(undefined)).toEqual({
    directory: './certs',
    names: [],
    crlLifetime: 604_800_000,
    revocation: { mode: 'fail-open', closeRevoked: true },
    closeExpired: false,
    renewal: { mode: 'automatic' },
    stapling: { mode: 'automatic' },
  });
});

test('a name that no certificate can carry is refused at its place, with an example', () => {
  const { error } = certificatesSchema.safeParse({ names: ['broker.example.com', 'http://broker', '::1'] });
  expect(error?.issues).toHaveLength(1);
  expect(error?.issues[0]).toMatchObject({ path: ['names', 1] });
  expect(error?.issues[0]?.message).toMatch(/"http:\/\/broker" is neither a DNS name nor an IP address; write e\.g\./);
});

test('the fields are known to JSON Schema', () => {
  const schema = z.toJSONSchema(certificatesSchema, { io: 'input' });
  expect(Object.keys(schema.properties ?? {})).toEqual([
    'directory',
    'names',
    'passphrase',
    'crlUrl',
    'crlLifetime',
    'revocation',
    'closeExpired',
    'renewal',
    'stapling',
  ]);
});

test('the address of revocation lists is one of a web server', () => {
  expect(certificatesSchema.parse({ crlUrl: 'http://pki.example.com/crl' }).crlUrl).toBe('http://pki.example.com/crl');
  for (const crlUrl of ['pki.example.com', 'ldap://pki.example.com', 'file:///crl'])
    expect(certificatesSchema.safeParse({ crlUrl }).error?.issues[0]?.message).toMatch(
      /no address of a folder on a web/,
    );
});
