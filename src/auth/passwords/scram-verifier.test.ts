import fc from 'fast-check';
import { expect, test } from 'vitest';
import { leastIterations, parseVerifier, verifierText } from './scram-verifier.ts';

const bytes = (least: number, most: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: least, maxLength: most }).map((array) => Buffer.from(array));

test('what is written of a verifier is read again', () => {
  const verifier = fc.record({
    salt: bytes(8, 64),
    iterations: fc.integer({ min: leastIterations, max: 10_000_000 }),
    storedKey: bytes(32, 32),
    serverKey: bytes(32, 32),
  });
  fc.assert(
    fc.property(verifier, (one) => {
      expect(parseVerifier(verifierText(one))).toEqual(one);
    }),
  );
});

const key = Buffer.alloc(32, 1).toString('base64');
test.each([
  ['SCRAM-SHA-1$4096:W22ZaJ0SNY7soEsUEjb6gQ==$a:b', 'is no SCRAM-SHA-256$'],
  [`SCRAM-SHA-256$4095:W22ZaJ0SNY7soEsUEjb6gQ==$${key}:${key}`, '4096 to'],
  [`SCRAM-SHA-256$04096:W22ZaJ0SNY7soEsUEjb6gQ==$${key}:${key}`, '4096 to'],
  [`SCRAM-SHA-256$4096:W22Z$${key}:${key}`, 'its salt'],
  [`SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$${key}:AAAA`, '32 bytes each'],
  [`SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$${key}:${key}$x`, 'is no SCRAM-SHA-256$'],
])('%s is refused with a sentence', (text, sentence) => {
  expect(parseVerifier(text)).toContain(sentence);
});
