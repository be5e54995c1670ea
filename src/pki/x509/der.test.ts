import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { directoryText, oidText, readChildren, readDer, tags, timeMs } from './der.ts';
import { bmpString, element, integer, octets, oid, sequence, time } from './der-write.ts';

/** Walks everything below an element, as the readers of certificates do. */
function walk(bytes: Buffer): void {
  const value = readDer(bytes);
  if ((value.tag & 0x20) !== 0) for (const child of readChildren(value)) walk(child.raw);
}

describe('DER (X.690)', () => {
  test('what is written is read again, of any length', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), (contents) => {
        const parts = contents.map((content) => octets(Buffer.from(content)));
        const value = readDer(sequence(...parts));
        expect(value.tag).toBe(tags.sequence);
        expect(readChildren(value).map(({ raw }) => raw.toString('hex'))).toEqual(
          parts.map((raw) => raw.toString('hex')),
        );
      }),
    );
    expect(readDer(element(tags.octets, Buffer.alloc(70_000))).content.length).toBe(70_000);
  });

  test('any bytes are read or refused with a RangeError, never with anything else', () => {
    const readAnything = (bytes: Buffer): string => {
      try {
        walk(bytes);
        return 'read';
      } catch (cause) {
        return cause instanceof RangeError ? 'refused' : `threw ${String(cause)}`;
      }
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(['read', 'refused']).toContain(readAnything(Buffer.from(bytes)));
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['nothing', ''],
    ['a tag alone', '30'],
    ['a length alone', '3082'],
    ['less content than the length says', '300401'],
    ['bytes after the end', '300000'],
    ['the indefinite form', '30800000'],
    ['a length of five octets', '30850000000001ff'],
    ['a length longer than needed', '30810101'],
    ['a length with a leading zero', `30820080${'00'.repeat(128)}`],
    ['a tag of several octets', '1f8100'],
  ])('%s is refused (X.690 10.1)', (_what, hex) => {
    expect(() => readDer(Buffer.from(hex, 'hex'))).toThrow(RangeError);
  });
});

describe('an object identifier', () => {
  test('is read as it was written', () => {
    const part = fc.integer({ min: 0, max: 2 ** 31 });
    const dotted = fc.tuple(
      fc.integer({ min: 0, max: 2 }),
      fc.integer({ min: 0, max: 39 }),
      fc.array(part, { maxLength: 8 }),
    );
    fc.assert(
      fc.property(dotted, ([first, second, rest]) => {
        const text = [first, second, ...rest].join('.');
        expect(oidText(readDer(oid(text)))).toBe(text);
      }),
    );
  });

  test('that is empty, cut off or endless is refused', () => {
    const read = (hex: string) => oidText({ tag: tags.oid, content: Buffer.from(hex, 'hex'), raw: Buffer.alloc(0) });
    expect(() => read('')).toThrow(/cut off/);
    expect(() => read('551d80')).toThrow(/cut off/);
    expect(() => read(`55${'ff'.repeat(20)}7f`)).toThrow(/too long/);
  });
});

describe('a time (RFC 5280 4.1.2.5)', () => {
  test('is read as it was written, to the second, in either form', () => {
    const seconds = fc.integer({ min: Date.UTC(1950, 0, 1) / 1_000, max: Date.UTC(9999, 11, 31) / 1_000 });
    fc.assert(
      fc.property(seconds, (second) => {
        const value = readDer(time(second * 1_000));
        expect(timeMs(value)).toBe(second * 1_000);
        expect(value.tag).toBe(second * 1_000 < Date.UTC(2050, 0, 1) ? tags.utcTime : tags.generalizedTime);
      }),
    );
  });

  test.each([
    '260230000000Z',
    '261301000000Z',
    '2601010000Z',
    '260101000000+0100',
    '26010100000Z',
    '+60101000000Z',
    '',
  ])('"%s" is refused', (text) => {
    expect(() => timeMs(readDer(element(tags.utcTime, Buffer.from(text))))).toThrow(/not written as RFC 5280/);
  });

  test('of another kind is refused', () => {
    expect(() => timeMs(readDer(element(tags.utf8, Buffer.from('260101000000Z'))))).toThrow(RangeError);
  });
});

test('numbers are written without a sign, whatever their size (X.690 8.3)', () => {
  expect(integer(0).toString('hex')).toBe('020100');
  expect(integer(127).toString('hex')).toBe('02017f');
  expect(integer(128).toString('hex')).toBe('02020080');
  expect(integer('00FF00').toString('hex')).toBe('020300ff00');
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 160n }), (value) => {
      const { content } = readDer(integer(value.toString(16)));
      expect(BigInt(`0x${content.toString('hex')}`)).toBe(value);
      expect(content[0]! < 0x80).toBe(true);
    }),
  );
});

test('text is read in each form that names come in, and other elements have none', () => {
  expect(directoryText(readDer(element(tags.utf8, Buffer.from('Zürich'))))).toBe('Zürich');
  expect(directoryText(readDer(element(tags.printable, Buffer.from('Acme'))))).toBe('Acme');
  expect(directoryText(readDer(bmpString('北京')))).toBe('北京');
  expect(directoryText(readDer(octets(Buffer.from('a'))))).toBeUndefined();
});
