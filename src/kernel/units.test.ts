import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatSocketAddress, isLoopback, parseSocketAddress } from './address.ts';
import { parseBytes } from './bytes.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { Fifo } from './fifo.ts';
import { byteSize, duration } from './schema.ts';

test.each([
  ['250ms', 250],
  ['30s', 30_000],
  ['1.5m', 90_000],
  ['2h', 7_200_000],
  ['7d', 604_800_000],
  ['0s', 0],
  ['30', undefined],
  ['-1s', undefined],
  ['1 s', undefined],
  ['99999999999999d', undefined],
])('duration %s is %s ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  ['512B', 512],
  ['64KiB', 65_536],
  ['1MiB', 1_048_576],
  ['1MB', undefined],
  ['1.5MiB', undefined],
])('size %s is %s bytes', (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes);
});

test('a setting that is too large to count with is refused, not taken as 0', () => {
  for (const [schema, text] of [
    [duration, '99999999999999d'],
    [byteSize, '99999999999999GiB'],
  ] as const)
    expect(schema.safeParse(text).error?.issues[0]?.message).toBe(`"${text}" is too large; write a smaller number`);
});

test('what is formatted is parsed back to the same value', () => {
  fc.assert(
    fc.property(fc.nat(), (value) => {
      expect(parseDuration(formatDuration(value))).toBe(value);
    }),
  );
});

test.each([
  ['127.0.0.1:8883', { host: '127.0.0.1', port: 8_883 }],
  ['[::1]:0', { host: '::1', port: 0 }],
  ['broker.example:443', { host: 'broker.example', port: 443 }],
])('%s is an address', (text, address) => {
  expect(parseSocketAddress(text)).toEqual(address);
  expect(formatSocketAddress(address)).toBe(text);
});

test.each([
  ['8883', /write host:port/],
  ['localhost', /write host:port/],
  ['::1:80', /write host:port/],
  ['localhost:70000', /out of range/],
  ['[localhost]:1', /not an IPv6 address/],
])('%s is refused with a sentence', (text, sentence) => {
  expect(parseSocketAddress(text)).toMatch(sentence);
});

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['LOCALHOST', true],
  ['::ffff:127.0.0.1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['127.example.org', false],
])('%s is loopback: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

test('a queue gives back what it took, in order, whatever the mix of calls', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat()), { maxLength: 5_000, size: 'max' }), (steps) => {
      const queue = new Fifo<number>();
      const model: number[] = [];
      const taken: (number | undefined)[] = [];
      const expected: (number | undefined)[] = [];
      for (const step of steps) {
        if (step !== null) queue.push(step);
        if (step !== null) model.push(step);
        if (step === null) taken.push(queue.shift());
        if (step === null) expected.push(model.shift());
      }
      expect(taken).toEqual(expected);
      expect(queue.length).toBe(model.length);
    }),
    { numRuns: 20 },
  );
});
