import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseClientFinal, parseClientFirst } from './messages.ts';

const printable = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCodePoint(code)),
  maxLength: 40,
});
const nonce = printable.map((text) => `x${text.replaceAll(',', '')}`);
const user = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
const flag = fc.constantFrom('n', 'y');
const escaped = (text: string): string => text.replaceAll('=', '=3D').replaceAll(',', '=2C');
/** Attributes that follow those which have to be there. */
const extensions = fc.array(
  fc.record({
    name: fc.constantFrom('t', 'x', 'Z'),
    value: nonce,
  }),
  { maxLength: 3 },
);
const written = (all: readonly { name: string; value: string }[]): string =>
  all.map(({ name, value }) => `,${name}=${value}`).join('');
const anything = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 200 }).map((text) => Buffer.from(text)),
  fc
    .array(fc.constantFrom('n', 'y', 'p=', ',', '=', 'n=', 'r=', 'a=', 'c=biws', 'm=', '=2C', '=3D', 'x', '\0', 'é'), {
      maxLength: 20,
    })
    .map((parts) => Buffer.from(parts.join(''))),
);

test('what RFC 5802 7 calls a client-first-message is read, whoever it names', () => {
  fc.assert(
    fc.property(flag, fc.boolean(), user, nonce, extensions, (first, hasIdentity, name, value, more) => {
      const identity = hasIdentity ? `a=${escaped(name)}` : '';
      const bare = `n=${escaped(name)},r=${value}${written(more)}`;
      const header = `${first},${identity},`;
      expect(parseClientFirst(Buffer.from(`${header}${bare}`))).toEqual({ header, bare, user: name, nonce: value });
    }),
  );
});

test('what it calls a client-final-message is read, and only behind its own beginning', () => {
  const proofs = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(flag, nonce, proofs, extensions, (first, value, proof, more) => {
      const header = `${first},,`;
      const withoutProof = `c=${Buffer.from(header).toString('base64')},r=${value}${written(more)}`;
      const bytes = Buffer.from(`${withoutProof},p=${Buffer.from(proof).toString('base64')}`);
      expect(parseClientFinal(bytes, header)).toEqual({ withoutProof, nonce: value, proof: Buffer.from(proof) });
      expect(typeof parseClientFinal(bytes, `${first},a=x,`)).toBe('string');
    }),
  );
});

test('whatever else comes is a sentence or a message that is just what came; nothing throws', () => {
  fc.assert(
    fc.property(anything, (bytes) => {
      const first = parseClientFirst(bytes);
      const text = Buffer.from(bytes).toString();
      expect(typeof first === 'string' ? first.length > 10 : `${first.header}${first.bare}` === text).toBe(true);
      const final = parseClientFinal(bytes, 'n,,');
      const again = typeof final === 'string' ? '' : `${final.withoutProof},p=${final.proof.toString('base64')}`;
      expect(typeof final === 'string' ? final.length > 10 : again === text).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test('a message says nothing of itself where it is refused, and a long one is not read', () => {
  const secret = 'geheim'.repeat(3);
  for (const text of [`n,,n=a=b${secret},r=x`, `n,,n=${secret}`, `n,,n=a,r=${secret} `, `z,,n=${secret},r=a`])
    expect(parseClientFirst(Buffer.from(text))).not.toContain(secret);
  expect(parseClientFirst(Buffer.from(`n,,n=${'a'.repeat(5_000)},r=x`))).toContain('4096');
});
