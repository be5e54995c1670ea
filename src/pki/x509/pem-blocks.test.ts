import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { allPemBlocks, base64OfPem, beginsPem, derOfPem, holdsPem, pemBlocks, pemOf } from './pem-blocks.ts';

test('what was written as PEM is read as the same bytes, whatever stands around it (RFC 7468 2)', () => {
  const other = pemOf('PRIVATE KEY', Buffer.from('k'));
  const around = fc.constantFrom('', '\n', 'subject=/CN=a-b\n', '---\n', other);
  fc.assert(
    fc.property(fc.array(fc.tuple(around, fc.uint8Array({ minLength: 1, maxLength: 200 }))), around, (all, end) => {
      const text = all.map(([before, der]) => before + pemOf('X509 CRL', Buffer.from(der))).join('') + end;
      const { blocks, isCutOff } = pemBlocks(text, 'X509 CRL');
      expect(blocks.map((block) => [...derOfPem(block)])).toEqual(all.map(([, der]) => [...der]));
      expect(isCutOff).toBe(false);
      expect(beginsPem(text, 'X509 CRL')).toBe(all.length > 0);
    }),
  );
});

test('a block without an end is told from none', () => {
  const whole = pemOf('CERTIFICATE', Buffer.from('a'));
  expect(pemBlocks(whole + whole.slice(0, -6), 'CERTIFICATE')).toEqual({ blocks: [whole.trim()], isCutOff: true });
  expect(pemBlocks('', 'CERTIFICATE')).toEqual({ blocks: [], isCutOff: false });
});

test('blocks of all kinds are found in their order, each ended by its own label (RFC 7468 3)', () => {
  const [certificate, key] = [pemOf('CERTIFICATE', Buffer.from('a')), pemOf('PRIVATE KEY', Buffer.alloc(100))];
  const other = key.replaceAll('PRIVATE KEY', 'EC PARAMETERS');
  const wrong = certificate.replace('END CERTIFICATE', 'END X509 CRL');
  expect(allPemBlocks(`${other}# between\n${wrong}${certificate}`)).toEqual([other.trim(), certificate.trim()]);
  expect(pemOf('PRIVATE KEY', Buffer.from(base64OfPem(key), 'base64'))).toBe(key);
});

test.each([
  ['PRIVATE KEY', 'PRIVATE KEY', true],
  ['ENCRYPTED PRIVATE KEY', 'PRIVATE KEY', true],
  ['EC PRIVATE KEY', 'PRIVATE KEY', true],
  ['PUBLIC KEY', 'PRIVATE KEY', false],
  ['TRUSTED CERTIFICATE', 'CERTIFICATE', true],
  ['X509 CERTIFICATE', 'CERTIFICATE', true],
  ['CERTIFICATE REQUEST', 'CERTIFICATE', false],
  ['NEW CERTIFICATE REQUEST', 'CERTIFICATE REQUEST', true],
] as const)('a block "%s" is of the kind %s: %s', (label, kind, is) => {
  expect(holdsPem(`text before\n-----BEGIN ${label}-----\nAAAA`, kind)).toBe(is);
});
