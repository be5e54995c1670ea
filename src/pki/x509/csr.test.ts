import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { createCsr, provesPossession, readCsr } from './csr.ts';
import { bits, element, explicit, integer, octets, oid, sequence, set } from './der-write.ts';
import { generateKey, type KeyType, publicKeyOf } from './keys.ts';
import type { AltName } from './names.ts';
import { pemOf } from './pem-blocks.ts';
import { readSigned } from './signatures.ts';

let key: string;
let der: Buffer;

const derOf = (pem: string): Buffer => Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');

function facts(bytes: Buffer | string) {
  const csr = readCsr(Buffer.from(bytes));
  if (typeof csr === 'string') throw new Error(csr);
  return csr;
}

beforeAll(async () => {
  key = await generateKey();
  der = derOf(
    createCsr({ subject: { commonName: 'pump-7' }, altNames: [{ type: 'dns', value: 'a.example.com' }], key }),
  );
});

describe('a request (RFC 2986)', () => {
  test.each(['ec-p256', 'ec-p384', 'ed25519', 'rsa-2048'] satisfies KeyType[])(
    'of an %s key is read as it was made and proves possession',
    async (type) => {
      const own = await generateKey(type);
      const altNames: AltName[] = [
        { type: 'dns', value: 'a.example.com' },
        { type: 'ip', value: '2001:db8::7' },
        { type: 'email', value: 'ops@example.com' },
        { type: 'url', value: 'urn:device:7' },
      ];
      const subject = { commonName: 'Pumpe 7, süd', organization: 'Acme' };
      const csr = facts(createCsr({ subject, altNames, extendedUses: ['clientAuth'], key: own }));
      expect(csr).toMatchObject({ ...subject, altNames, asksForCa: false, extendedUses: ['1.3.6.1.5.5.7.3.2'] });
      expect(csr.publicKey.equals(publicKeyOf(own))).toBe(true);
      expect(provesPossession(csr)).toBe(true);
    },
  );

  test('of a CA says so', () => {
    const csr = facts(createCsr({ subject: { commonName: 'CA' }, isCa: true, key }));
    expect(csr).toMatchObject({ asksForCa: true, altNames: [], extendedUses: undefined });
  });

  test('is read in PEM, in PEM of the old label, with text around it, and in DER', () => {
    const pem = pemOf('CERTIFICATE REQUEST', der);
    for (const form of [pem, pemOf('NEW CERTIFICATE REQUEST', der), `Subject: CN=x\r\n${pem}\n`, der])
      expect(facts(form).commonName).toBe('pump-7');
  });

  test('names are taken as they are, and read back, whatever their characters', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(text, (commonName) => {
        expect(facts(createCsr({ subject: { commonName }, key })).commonName).toBe(commonName);
      }),
      { numRuns: 50 },
    );
  });

  test('with two common names has none', () => {
    const name = set(sequence(oid('2.5.4.3'), element(0x0c, Buffer.from('a'))));
    const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
    const content = sequence(integer(0), sequence(name, name), spki, explicit(0));
    expect(
      facts(sequence(content, sequence(oid('1.2.840.10045.4.3.2')), bits(Buffer.alloc(0)))).commonName,
    ).toBeUndefined();
  });

  test('with one bit changed anywhere is damaged or no longer proves possession, and never throws', () => {
    const bit = fc.tuple(fc.nat({ max: der.length - 1 }), fc.nat({ max: 7 }));
    fc.assert(
      fc.property(bit, ([index, place]) => {
        const bytes = Buffer.from(der);
        bytes[index] = bytes[index]! ^ (1 << place);
        const csr = readCsr(bytes);
        const isBelieved = typeof csr !== 'string' && provesPossession(csr);
        // the unused bits of the bit string and the parameters of the algorithm are outside of what is signed
        const isSame = typeof csr !== 'string' && csr.signed.content.raw.equals(readSigned(der).content.raw);
        expect(isBelieved && !isSame).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  test('of any bytes is a request or a sentence', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 200 }).map((tail) => Buffer.from([0x30, ...tail])),
      fc.nat({ max: 400 }).map((end) => der.subarray(0, end)),
      fc
        .string()
        .map((text) => Buffer.from(`-----BEGIN CERTIFICATE REQUEST-----${text}-----END CERTIFICATE REQUEST-----`)),
    );
    fc.assert(
      fc.property(bytes, (any) => {
        const csr = readCsr(Buffer.from(any));
        expect(typeof csr === 'string' ? csr.length > 0 : csr.publicKey !== undefined).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('what is no request is refused with a sentence', () => {
  const pem = (label: string) => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;
  test.each([
    ['nothing', '', /^is empty$/],
    ['other text', 'hello', /^holds no request in PEM form/],
    ['a certificate', pem('CERTIFICATE'), /^holds a certificate and no request$/],
    ['a private key', pem('PRIVATE KEY'), /^holds a private key; a request is signed, the key stays where it is$/],
    ['half a request', '-----BEGIN CERTIFICATE REQUEST-----\nAAAA', /^is cut off/],
    ['damaged DER', Buffer.from('3003020100', 'hex'), /^is no certificate signing request, or is damaged \(/],
  ])('%s', (_what, bytes, sentence) => {
    expect(readCsr(Buffer.from(bytes))).toMatch(sentence);
  });

  test('one with 10,000 names, unread', () => {
    const altNames = Array.from({ length: 10_000 }, (_, index) => ({
      type: 'dns' as const,
      value: `n${index}.example.com`,
    }));
    const request = createCsr({ subject: { commonName: 'a' }, altNames, key });
    expect(readCsr(Buffer.from(request))).toBe(
      `has ${request.length} bytes, and at most 65536 are read; ask for fewer names`,
    );
  });

  test('one that asks for extensions twice', () => {
    const list = sequence(sequence(oid('2.5.29.19'), octets(sequence())));
    const attribute = sequence(oid('1.2.840.113549.1.9.14'), set(list));
    const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
    const content = sequence(integer(0), sequence(), spki, explicit(0, attribute, attribute));
    const request = sequence(content, sequence(oid('1.2.840.10045.4.3.2')), element(0x03, Buffer.from([0])));
    expect(readCsr(request)).toMatch(/it asks for extensions twice/);
  });
});

test('a key that cannot sign is refused by name', () => {
  const { privateKey } = generateKeyPairSync('x25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  expect(() => createCsr({ subject: { commonName: 'a' }, key: pem })).toThrow(/a key of type x25519 cannot sign/);
});
