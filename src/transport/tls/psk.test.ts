import type { TLSSocket } from 'node:tls';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StartError } from '../../kernel/errors.ts';
import { preSharedKeys } from './psk.ts';

const key = '00112233445566778899aabbccddeeff';

test('lines of identities and keys are read as mosquitto reads them', () => {
  expect(preSharedKeys('a', `# devices\n\npump-7:${key}\r\nurn:dev:8:${key.toUpperCase()}\n`).count).toBe(2);
});

/** Of a TLS 1.3 handshake that went on with its key, or with a certificate. */
const handshake = (isKeyUsed: boolean): TLSSocket =>
  Object.assign(Object.create(null), { getProtocol: () => 'TLSv1.3', isSessionReused: () => isKeyUsed });

test('every identity finds its key, and no other does', () => {
  const identity = fc
    .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 60 })
    .filter((text) => text.trim() !== '' && !text.startsWith('#'));
  const secret = fc.uint8Array({ minLength: 16, maxLength: 64 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.uniqueArray(identity, { minLength: 2, maxLength: 5 }), secret, ([other = '', ...names], one) => {
      fc.pre(!names.includes('anonymous'));
      const keys = preSharedKeys('a', names.map((name) => `${name}:${one.toString('hex')}`).join('\n'));
      const socket = handshake(true);
      for (const name of names) {
        expect(keys.callback(socket, name)).toEqual(one);
        expect(keys.identityOf(socket)).toBe(name);
      }
      expect(keys.callback(handshake(true), other)).toBeNull();
    }),
  );
});

test('an identity that was asked for and whose key was not used is nobody', () => {
  const keys = preSharedKeys('a', `pump-7:${key}`);
  const socket = handshake(false);
  expect(keys.callback(socket, 'pump-7')).toEqual(Buffer.from(key, 'hex'));
  expect(keys.identityOf(socket)).toBeUndefined();
  expect(keys.identityOf(handshake(true))).toBeUndefined();
});

test('whatever the text is, it is read or refused with a StartError', () => {
  const isReadOrRefused = (text: string): boolean => {
    try {
      return preSharedKeys('a', text).count > 0;
    } catch (error) {
      return error instanceof StartError;
    }
  };
  fc.assert(fc.property(fc.string({ unit: 'binary' }), isReadOrRefused));
  expect(isReadOrRefused('a:b:c\n::')).toBe(true);
});

describe('refused with listener and line, and never the key:', () => {
  test.each<[string, RegExp]>([
    ['', /has no line; write identity:key/],
    ['pump', /line 1: write identity:key/],
    [`:${key}`, /line 1: write identity:key/],
    [`a:${key}\na:${key}`, /line 2: the identity has a key already/],
    ['a:0011', /line 1: the key is 2 bytes long; use 16 to 64/],
    [`a:${key.repeat(5)}`, /80 bytes long/],
    [`a:${key}0`, /the key is not hex/],
    [`anonymous:${key}`, /"anonymous" is the name of clients without an identity/],
    [`a\u0000b:${key}`, /control characters/],
    [`${'é'.repeat(65)}:${key}`, /130 bytes long; use at most 128/],
  ])('%j', (text, message) => {
    expect(() => preSharedKeys('devices', text)).toThrowError(message);
    expect(() => preSharedKeys('devices', text)).toThrowError(/^listener devices: psk\.identities/);
    expect(() => preSharedKeys('devices', text)).not.toThrowError(new RegExp(key, 'i'));
  });
});
