import { expect, test } from 'vitest';
import { foreignProtocol } from './closing.ts';

test.each([
  ['GET / HTTP/1.1', 'http'],
  ['POST /a HTTP/1', 'http'],
  ['OPTIONS * HTTP/', 'http'],
  ['\x16\x03\x01\x02\x00', 'tls'],
  ['GETTY', undefined],
  ['FOO', undefined],
  ['', undefined],
])('%j is told as %s', (opening, expected) => {
  expect(foreignProtocol(opening)).toBe(expected);
});
