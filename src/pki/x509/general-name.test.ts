import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDer } from './der.ts';
import { implicit } from './der-write.ts';
import { decodeName, encodeName, ipOctets, ipText } from './general-name.ts';
import { shortestIPv6 } from './names.ts';

const octets = (hex: string) => Buffer.from(hex, 'hex');

describe('a general name (RFC 5280 4.2.1.6)', () => {
  test('is read as it was written', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'Z', '0', '9', '-', '.', '@', ':', '/', '*'),
      minLength: 1,
      maxLength: 60,
    });
    const plain = fc.record({ type: fc.constantFrom('dns' as const, 'email' as const, 'url' as const), value: text });
    const address = fc.oneof(fc.ipV4(), fc.ipV6().map(shortestIPv6)).map((value) => ({ type: 'ip' as const, value }));
    fc.assert(
      fc.property(fc.oneof(plain, address), (name) => {
        expect(decodeName(readDer(encodeName(name)))).toEqual(name);
      }),
    );
  });

  test('of any bytes is a name or none, and never throws', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 }), fc.uint8Array({ maxLength: 40 }), (number, content) => {
        const name = decodeName(readDer(implicit(number, Buffer.from(content))));
        expect(name === undefined || typeof name.value === 'string').toBe(true);
      }),
    );
  });

  test('of a kind that is not issued here is none: a directory name, an address of three octets', () => {
    expect(decodeName(readDer(implicit(4, Buffer.alloc(2))))).toBeUndefined();
    expect(decodeName(readDer(implicit(7, Buffer.alloc(3))))).toBeUndefined();
  });
});

test('addresses have four or sixteen octets', () => {
  expect(ipOctets('192.0.2.7').toString('hex')).toBe('c0000207');
  expect(ipOctets('2001:db8::7').toString('hex')).toBe('20010db8000000000000000000000007');
  expect(ipText(octets('20010db8000000000000000000000007'))).toBe('2001:db8::7');
  expect(ipText(Buffer.alloc(16))).toBe('::');
  expect(ipText(Buffer.alloc(5))).toBeUndefined();
});
