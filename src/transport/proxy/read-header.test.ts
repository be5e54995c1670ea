import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { certificateField, field, ipv4, tlsField, version1, version2 } from '../../../test/support/proxy-bytes.ts';
import { crc32c } from './crc32c.ts';
import { isProxyHeader, readProxyHeader } from './read-header.ts';

const read = (bytes: Buffer | string, versions: 'v1' | 'v2' | 'any' = 'any') =>
  readProxyHeader(Buffer.from(bytes), versions);
const fault = { kind: 'fault' };

const addresses = fc.oneof(fc.ipV4(), fc.ipV6());
const ports = fc.nat({ max: 65_535 });
const version1s = fc.oneof(
  fc.tuple(addresses, ports).map(([address, port]) => version1(address, port)),
  fc.constantFrom('PROXY UNKNOWN\r\n', 'PROXY UNKNOWN and more\r\n').map((line) => Buffer.from(line)),
);
const fields = fc.array(
  fc.oneof(
    fc
      .tuple(fc.integer({ min: 4, max: 0x1f }), fc.uint8Array({ maxLength: 40 }))
      .map(([type, value]) => field(type, value)),
    fc.string({ maxLength: 30 }).map(certificateField),
  ),
  { maxLength: 5 },
);
const families = fc.constantFrom([0x11, 12], [0x21, 36], [0x31, 216], [0x00, 0], [0x12, 12]) as fc.Arbitrary<
  [number, number]
>;
const version2s = fc
  .tuple(fc.constantFrom(0x20, 0x21), families, fields, fc.boolean())
  .chain(([command, [family, length], others, hasChecksum]) =>
    fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((bytes) => version2({ command, family, addresses: bytes, fields: others, hasChecksum })),
  );

describe('properties', () => {
  test('a header is read whole, wherever it is split, and nothing behind it counts', () => {
    fc.assert(
      fc.property(fc.oneof(version1s, version2s), fc.uint8Array({ maxLength: 50 }), (header, rest) => {
        for (let length = 0; length < header.length; length += 1)
          expect(readProxyHeader(header.subarray(0, length), 'any')).toBeUndefined();
        const whole = readProxyHeader(header, 'any');
        expect(whole).toMatchObject({ kind: 'header', length: header.length });
        expect(readProxyHeader(Buffer.concat([header, rest]), 'any')).toEqual(whole);
      }),
    );
  });

  test('whatever comes is read without an exception, and within 4,096 bytes it is known what it is', () => {
    const damaged = fc
      .tuple(fc.oneof(version1s, version2s), fc.nat(), fc.nat({ max: 255 }))
      .map(([header, at, byte]) => {
        const bytes = Buffer.from(header);
        bytes[at % bytes.length] = byte;
        return Buffer.concat([bytes, Buffer.alloc(4_096)]);
      });
    const noise = fc.uint8Array({ minLength: 4_096, maxLength: 4_100 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(damaged, noise), (bytes) => {
        expect(readProxyHeader(bytes, 'any')).toBeDefined();
        expect(isProxyHeader(bytes)).toBeDefined();
      }),
    );
  });

  test('what the client is, is what was written', () => {
    fc.assert(
      fc.property(fc.ipV4(), ports, (address, port) => {
        const source = { kind: 'client', address, port };
        expect(read(version1(address, port))).toMatchObject({ source });
        expect(read(version2({ addresses: ipv4(address, port), hasChecksum: true }))).toMatchObject({ source });
      }),
    );
  });

  test('a changed address is seen where there is a checksum', () => {
    const header = version2({ fields: [certificateField('pump')], hasChecksum: true });
    fc.assert(
      fc.property(fc.integer({ min: 16, max: 27 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = Buffer.from(header);
        bytes[at] = bytes[at]! ^ change;
        expect(readProxyHeader(bytes, 'any')).toEqual({ kind: 'fault', why: 'has a wrong checksum' });
      }),
    );
  });
});

describe('version 1', () => {
  test.each([
    ['PROXY TCP4 192.0.2.1 198.51.100.1 0 65535\r\n', { kind: 'client', address: '192.0.2.1', port: 0 }],
    ['PROXY TCP6 2001:db8::7 ::1 51000 1883\r\n', { kind: 'client', address: '2001:db8::7', port: 51_000 }],
    ['PROXY UNKNOWN\r\n', { kind: 'unknown' }],
    ['PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n', { kind: 'unknown' }],
  ])('%j', (line, source) => {
    expect(read(line)).toEqual({ kind: 'header', length: line.length, source, tls: undefined });
  });

  test.each([
    'PROXY TCP4 192.0.2.1 198.51.100.1 51000\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.1 51000 1883 1\r\n',
    'PROXY TCP4 192.0.2.1  198.51.100.1 51000 1883\r\n',
    'PROXY TCP4 192.0.2.256 198.51.100.1 51000 1883\r\n',
    'PROXY TCP4 ::1 ::1 51000 1883\r\n',
    'PROXY TCP6 192.0.2.1 198.51.100.1 51000 1883\r\n',
    'PROXY TCP6 fe80::1%eth0 ::1 51000 1883\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.1 051000 1883\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.1 51000 65536\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.1 51000 -1\r\n',
    'PROXY UDP4 192.0.2.1 198.51.100.1 51000 1883\r\n',
    'PROXY UNKNOWNS\r\n',
    'PROXY \r\n',
    `PROXY UNKNOWN ${'x'.repeat(93)}`,
    'proxy tcp4 192.0.2.1 198.51.100.1 51000 1883\r\n',
  ])('not %j', (line) => {
    expect(read(line)).toMatchObject(fault);
  });

  test('has 107 bytes at most', () => {
    const line = (bytes: number): string => `PROXY UNKNOWN ${'x'.repeat(bytes - 16)}\r\n`;
    expect(read(line(107))).toMatchObject({ kind: 'header', length: 107 });
    expect(read(line(108))).toMatchObject(fault);
  });
});

describe('version 2', () => {
  test('an IPv6 address, and an IPv4 address within one', () => {
    const ipv6 = (hex: string): Buffer =>
      Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(16), Buffer.from('c738075b', 'hex')]);
    expect(read(version2({ family: 0x21, addresses: ipv6('20010db8000000000000000000000007') }))).toMatchObject({
      source: { kind: 'client', address: '2001:db8::7', port: 51_000 },
    });
    expect(read(version2({ family: 0x21, addresses: ipv6('00000000000000000000ffffc0000201') }))).toMatchObject({
      source: { kind: 'client', address: '192.0.2.1', port: 51_000 },
    });
  });

  test('the command LOCAL is the proxy itself; a socket of another kind is somebody unknown', () => {
    expect(read(version2({ command: 0x20, family: 0, addresses: Buffer.alloc(0) }))).toMatchObject({
      source: { kind: 'self' },
    });
    for (const [family, length] of [
      [0x00, 0],
      [0x31, 216],
      [0x12, 12],
    ] as const)
      expect(read(version2({ family, addresses: Buffer.alloc(length) }))).toMatchObject({
        source: { kind: 'unknown' },
      });
  });

  test('TLS of the client, its server name and the name in its certificate', () => {
    const fields = [field(0x02, 'mqtt.example.com'), certificateField('pump-7')];
    expect(read(version2({ fields }))).toMatchObject({
      tls: {
        version: 'TLSv1.3',
        cipher: 'TLS_AES_256_GCM_SHA384',
        servername: 'mqtt.example.com',
        commonName: 'pump-7',
      },
    });
  });

  test.each([
    ['that the proxy did not verify', tlsField(7, 1, [field(0x22, 'pump')])],
    ['that was not shown', tlsField(1, 0, [field(0x22, 'pump')])],
    ['with a control character', certificateField('pump\n')],
    ['that is no UTF-8', tlsField(7, 0, [field(0x22, Buffer.from([0x70, 0xff]))])],
    ['without characters', certificateField('')],
  ])('no name from a certificate %s', (_what, tls) => {
    expect(read(version2({ fields: [tls] }))).toMatchObject({ kind: 'header', tls: { commonName: undefined } });
  });

  test('no TLS where the client came without', () => {
    expect(read(version2({ fields: [tlsField(0, 0, [field(0x22, 'pump')])] }))).toMatchObject({ tls: undefined });
  });

  test.each([
    ['a version that is none', version2({ command: 0x31 })],
    ['a command that is none', version2({ command: 0x22 })],
    ['an address family that is none', version2({ family: 0x41 })],
    ['a transport that is none', version2({ family: 0x13 })],
    ['no room for its addresses', version2({ addresses: Buffer.alloc(11) })],
    ['a field that is cut short', version2({ fields: [Buffer.from([0x04, 0, 9, 1])] })],
    ['a field without its length', version2({ fields: [Buffer.from([0x04, 0])] })],
    ['a field of TLS without its flags', version2({ fields: [field(0x20, Buffer.from([1, 0]))] })],
    ['a field of TLS with one that is cut short', version2({ fields: [tlsField(1, 0, [Buffer.from([0x21, 0, 9])])] })],
    ['a wrong checksum', version2({ fields: [field(0x03, Buffer.from([1, 2, 3, 4]))] })],
    ['a checksum of another length', version2({ fields: [field(0x03, Buffer.from([1, 2, 3]))] })],
    ['4,097 bytes', version2({ fields: [field(0x04, Buffer.alloc(4_097 - 16 - 12 - 3))] })],
  ])('not one with %s', (_what, header) => {
    expect(read(header)).toMatchObject(fault);
  });

  test('one of 65,551 bytes is refused by its first 16', () => {
    expect(read(version2({ fields: [field(0x04, Buffer.alloc(65_535 - 12 - 3))] }).subarray(0, 16))).toMatchObject(
      fault,
    );
  });
});

test('one version alone is taken where the configuration says so', () => {
  expect(read(version1('192.0.2.1'), 'v1')).toMatchObject({ kind: 'header' });
  expect(read(version1('192.0.2.1'), 'v2')).toMatchObject(fault);
  expect(read(version2(), 'v2')).toMatchObject({ kind: 'header' });
  expect(read(version2(), 'v1')).toMatchObject(fault);
});

test('what is no header is refused at the first byte that differs', () => {
  for (const bytes of ['\x10', 'GET', 'PROPFIND', 'PRP', '\r\n\r\r', '\x16\x03\x01'])
    expect(read(bytes)).toMatchObject(fault);
});

test('the checksum is that of RFC 3720 B.4', () => {
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a91_36aa);
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8_ab43);
  expect(crc32c(Buffer.from(Array.from({ length: 32 }, (_, index) => index)))).toBe(0x46dd_794e);
});
