import { X509Certificate } from 'node:crypto';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Authority, createAuthority } from '../issue/authority.ts';
import { certificatesPem, parseCertificates, parsePrivateKey } from './pem.ts';
import { pemOf } from './pem-blocks.ts';

let authority: Authority;

beforeAll(async () => {
  authority = await createAuthority({ now: () => Date.UTC(2026, 5, 1) });
});

describe('certificates in PEM', () => {
  test('are read in their order, whatever stands between them', () => {
    const text = `Certificate:\n  Data\r\n${authority.caChain.replaceAll('\n', '\r\n')}trailing`;
    const parsed = parseCertificates(text);
    const certificates = typeof parsed === 'string' ? [] : parsed;
    expect(certificates.map(({ subject }) => subject)).toEqual([
      'O=Viaduct\nCN=Viaduct Intermediate CA',
      'O=Viaduct\nCN=Viaduct Root CA',
    ]);
    expect(certificatesPem(certificates)).toBe(authority.caChain);
  });

  test('that are cut off anywhere give a sentence or fewer certificates, and never throw', () => {
    const text = authority.root.certificate;
    fc.assert(
      fc.property(fc.nat(text.length - 30), (length) => {
        expect(parseCertificates(text.slice(0, length))).toBeTypeOf('string');
      }),
    );
    expect(parseCertificates(text.slice(0, 300))).toMatch(/damaged or cut off/);
  });

  test.each([
    ['', /is empty/],
    ['hello', /holds no certificate in PEM form/],
    ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', /damaged certificate \(number 1/],
    [pemOf('PRIVATE KEY', Buffer.alloc(3)), /private key and no certificate/],
  ])('%j is refused with the reason', (text, reason) => {
    expect(parseCertificates(text)).toMatch(reason);
  });

  test('in DER get the command that converts them', () => {
    const der = new X509Certificate(authority.root.certificate).raw.toString('utf8');
    expect(parseCertificates(der)).toMatch(/openssl x509 -inform der/);
  });

  test('are limited in number', () => {
    expect(parseCertificates(authority.root.certificate.repeat(1_001))).toMatch(/more than 1000/);
  });

  test('and keys are read or refused, and never throw, for any text', () => {
    const piece = fc.constantFrom('-----BEGIN CERTIFICATE-----', '-----END CERTIFICATE-----', '\n', 'AAAA', '-', '0');
    const readBoth = (pieces: readonly string[]): void => {
      parseCertificates(pieces.join(''));
      parsePrivateKey(pieces.join(''));
    };
    expect(fc.check(fc.property(fc.array(fc.oneof(piece, fc.string())), readBoth)).counterexample).toBeNull();
  });
});

describe('a private key in PEM', () => {
  test('is read', () => {
    expect(parsePrivateKey(authority.root.key)).toMatchObject({ asymmetricKeyType: 'ec' });
  });

  test('that cannot be used is refused with the reason', () => {
    expect(parsePrivateKey('')).toMatch(/is empty/);
    expect(parsePrivateKey('hello')).toMatch(/no private key/);
    expect(parsePrivateKey(authority.root.certificate)).toMatch(/certificate and no private key/);
    expect(parsePrivateKey(authority.root.key.slice(0, 120))).toMatch(/damaged or cut off/);
    expect(parsePrivateKey(pemOf('ENCRYPTED PRIVATE KEY', Buffer.alloc(3)))).toMatch(
      /passphrase; remove it with: openssl/,
    );
  });
});
