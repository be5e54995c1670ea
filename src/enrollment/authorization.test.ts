import { expect, test } from 'vitest';
import { readAuthorization } from './authorization.ts';

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

test('a token comes as password with the name of the device, as password alone, or as bearer token', () => {
  expect(readAuthorization(basic('pump-7:id.secret'))).toEqual({
    kind: 'token',
    text: 'id.secret',
    userName: 'pump-7',
  });
  expect(readAuthorization(basic(':id.secret'))).toEqual({ kind: 'token', text: 'id.secret', userName: undefined });
  expect(readAuthorization('bearer  id.se-c_ret ')).toEqual({
    kind: 'token',
    text: 'id.se-c_ret',
    userName: undefined,
  });
  expect(readAuthorization(basic('pump:a:b'))?.text).toBe('a:b');
});

test.each([
  undefined,
  '',
  'Basic',
  'Basic !',
  basic('no colon'),
  'Digest x',
  `Bearer ${'x'.repeat(2_000)}`,
  'Bearer a b',
])('%s is no token', (header) => expect(readAuthorization(header)).toBeUndefined());
