import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAltName, serverAltNames, serverCommonName } from './names.ts';

describe('a subject alternative name (RFC 5280 4.2.1.6)', () => {
  test.each([
    ['localhost', 'dns', 'localhost'],
    ['Broker.Example.COM', 'dns', 'broker.example.com'],
    ['broker.example.com.', 'dns', 'broker.example.com'],
    ['*.example.com', 'dns', '*.example.com'],
    ['müller.example', 'dns', 'xn--mller-kva.example'],
    ['my_host', 'dns', 'my_host'],
    ['192.0.2.7', 'ip', '192.0.2.7'],
    ['2001:DB8:0:0::1', 'ip', '2001:db8::1'],
    ['::ffff:192.0.2.7', 'ip', '::ffff:c000:207'],
  ])('%s is read as %s %s', (text, type, value) => {
    expect(parseAltName(text)).toEqual({ type, value });
  });

  test.each([
    '',
    ' ',
    'a b',
    '-a',
    'a..b',
    'a/b',
    'a?b',
    'a%41',
    '1',
    '0x7f.1',
    'http://a',
    '*',
    '*.',
    'a.*.b',
    '*.com',
    'fe80::1%eth0',
    'x'.repeat(64),
  ])('"%s" is refused with a sentence that shows an example', (text) => {
    expect(parseAltName(text)).toMatch(/neither a DNS name nor an IP address; write e\.g\./);
  });

  test('is a sentence or parses to itself again, for any text', () => {
    const isStable = (text: string): boolean => {
      const name = parseAltName(text);
      return typeof name === 'string' || isDeepStrictEqual(parseAltName(name.value), name);
    };
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.domain(), fc.ipV4(), fc.ipV6());
    expect(fc.check(fc.property(texts, isStable)).counterexample).toBeNull();
  });
});

describe('the names of a server certificate', () => {
  test('are localhost, the host name, both loopback addresses and what is asked for, each once', () => {
    const names = serverAltNames('Box', ['broker.example.com', '::1', 'LOCALHOST', '10.0.0.1']);
    expect(names.map(({ value }) => value)).toEqual([
      'localhost',
      'box',
      '127.0.0.1',
      '::1',
      'broker.example.com',
      '10.0.0.1',
    ]);
  });

  test('leave out a host name that no certificate can carry, and the subject is localhost then', () => {
    expect(serverAltNames("Bob's Mac", []).map(({ value }) => value)).toEqual(['localhost', '127.0.0.1', '::1']);
    expect(serverCommonName("Bob's Mac")).toBe('localhost');
    expect(serverCommonName(`${'a'.repeat(40)}.${'b'.repeat(40)}`)).toBe('localhost');
    expect(serverCommonName('Box')).toBe('box');
  });
});
