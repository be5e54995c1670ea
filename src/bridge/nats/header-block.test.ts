import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseHeaderBlock } from './header-block.ts';
import { WireHeaders } from './wire-headers.ts';

const parse = (text: string) => parseHeaderBlock(Buffer.from(text));

test('a block is read line by line, in its order', () => {
  expect(parse('NATS/1.0\r\na: 1\r\nB:2\r\na:  3 \r\nnot a name: x:y\r\nempty:\r\n\r\n')).toEqual([
    ['a', '1'],
    ['B', '2'],
    ['a', '3'],
    ['not a name', 'x:y'],
    ['empty', ''],
  ]);
});

test('a status in the first line and lines that are no headers are passed over', () => {
  expect(parse('NATS/1.0 503 No Responders\r\nno colon\r\n: no name\r\n\r\n')).toEqual([]);
});

test.each(['', 'HTTP/1.1\r\na: 1\r\n\r\n', '\r\n\r\n'])('%j is no header block', (text) => {
  expect(parse(text)).toBe('unreadable');
});

test('random bytes are read or refused, and never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const block = Buffer.concat([Buffer.from('NATS/1.0\r\n'), bytes]);
      return Array.isArray(parseHeaderBlock(block)) && parseHeaderBlock(bytes) !== undefined;
    }),
  );
});

test('what is encoded is read again', () => {
  const name = fc.stringMatching(/^[!-9;-~]+$/);
  const value = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, '').trim());
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), (list) => {
      expect(parseHeaderBlock(new WireHeaders(list).encode())).toEqual(list);
    }),
  );
});
