import { expect, test } from 'vitest';
import { z } from 'zod';
import { certificatesSchema } from './schema.ts';

test('certificates stand in ./certs and have no more names, unless the configuration says so', () => {
  expect(certificatesSchema.parse(undefined)).toEqual({ directory: './certs', names: [] });
});

test('a name that no certificate can carry is refused at its place, with an example', () => {
  const { error } = certificatesSchema.safeParse({ names: ['broker.example.com', 'http://broker', '::1'] });
  expect(error?.issues).toHaveLength(1);
  expect(error?.issues[0]).toMatchObject({ path: ['names', 1] });
  expect(error?.issues[0]?.message).toMatch(/"http:\/\/broker" is neither a DNS name nor an IP address; write e\.g\./);
});

test('the fields are known to JSON Schema', () => {
  const schema = z.toJSONSchema(certificatesSchema, { io: 'input' });
  expect(Object.keys(schema.properties ?? {})).toEqual(['directory', 'names']);
});
