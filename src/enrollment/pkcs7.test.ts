import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { createAuthority } from '../pki/issue/authority.ts';
import { base64Lines, certsOnly, readBase64, readCertsOnly } from './pkcs7.ts';

let certificates: X509Certificate[];
beforeAll(async () => {
  const { root, intermediate } = await createAuthority({ now: Date.now });
  certificates = [root, intermediate].map(({ certificate }) => new X509Certificate(certificate));
});

test('what is written is read again, in the order of DER', () => {
  const read = readCertsOnly(certsOnly(certificates));
  const prints = (all: readonly X509Certificate[]): string[] => all.map(({ fingerprint256 }) => fingerprint256).sort();
  expect(typeof read === 'string' ? read : prints(read)).toEqual(prints(certificates));
  expect(certsOnly(certificates)).toEqual(certsOnly(certificates.toReversed()));
  expect(readCertsOnly(certsOnly([]))).toEqual([]);
});

test('a message that is cut off or changed is a sentence or certificates, never a crash', () => {
  const der = certsOnly(certificates);
  fc.assert(
    fc.property(fc.nat(der.length - 1), fc.nat(255), (at, octet) => {
      expect(readCertsOnly(der.subarray(0, at))).toMatch(/^is no/);
      const changed = Buffer.from(der);
      changed[at] = octet;
      const read = readCertsOnly(changed);
      expect(typeof read === 'string' || read.every((one) => one instanceof X509Certificate)).toBe(true);
    }),
  );
});

test('random bytes are no message', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => typeof readCertsOnly(Buffer.from(bytes)) === 'string'),
  );
});

test('base64 of any length goes in lines and comes back, with any white space', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const text = base64Lines(Buffer.from(bytes));
      expect(text.split('\n').every((line) => line.length <= 76)).toBe(true);
      expect(readBase64(text.replaceAll('\n', '\r\n '))).toEqual(Buffer.from(bytes));
    }),
  );
  for (const wrong of ['abc', 'ab=c', 'ab!d', 'abcd====']) expect(readBase64(wrong)).toBeUndefined();
});
