import fc from 'fast-check';
import { expect, test } from 'vitest';
import { certificateWith } from '../../test/support/peer-certificate.ts';
import type { CertificateNames } from '../broker/ports.ts';
import { type CertificateIdentityOptions, certificateIdentity } from './certificate-identity.ts';
import { renderName } from './render-name.ts';
import { parseTemplate } from './template.ts';

/** Few letters, so that values run into what stands between them. */
const value = fc.string({ unit: fc.constantFrom('a', '-', ':'), minLength: 1, maxLength: 4 });
const literal = fc.string({ unit: fc.constantFrom('a', 'b', '-', ':'), maxLength: 3 });
const field = fc.constantFrom('{cn}', '{o}', '{san.dns}', '{san.uri:escaped}');
const template = fc.array(fc.oneof(literal, field), { maxLength: 6 }).map((parts) => parts.join(''));
const pattern = fc
  .tuple(template, fc.constantFrom('', '*'), template)
  .map(([before, star, after]) => before + star + after);
const names: fc.Arbitrary<Partial<CertificateNames>> = fc.record({
  commonNames: fc.tuple(value),
  organizations: fc.tuple(value),
  dnsNames: fc.tuple(value),
  uris: fc.tuple(fc.oneof(value, fc.constantFrom('a/b', 'a%2Fb', 'a+', '#'))),
});
const options = fc.oneof(
  fc.record({ bind: fc.constantFrom('equal' as const), clientId: template, separator: fc.constant(':') }),
  fc.record({
    bind: fc.constantFrom('prefix' as const),
    clientId: template,
    separator: fc.constantFrom(':', '-', 'a'),
  }),
  fc.record({ bind: fc.constantFrom('pattern' as const), clientId: pattern, separator: fc.constant(':') }),
);

/** The values that a template uses, as text to compare. */
const used = (source: string, certificate: Partial<CertificateNames>): string =>
  JSON.stringify([
    source.includes('{cn}') ? certificate.commonNames : [],
    source.includes('{o}') ? certificate.organizations : [],
    source.includes('{san.dns}') ? certificate.dnsNames : [],
    source.includes('{san.uri:escaped}') ? certificate.uris : [],
  ]);

test('different values never give the same name', () => {
  const close = fc.constantFrom('a', 'a-', '-a', '-');
  const closeNames = fc.record({ commonNames: fc.tuple(close), organizations: fc.tuple(close) });
  const closeTemplate = fc.constantFrom('{cn}-{o}', '{o}a{cn}', '{cn}-a-{o}', 'a{cn}-{o}:');
  fc.assert(
    fc.property(closeTemplate, closeNames, closeNames, (source, one, other) => {
      fc.pre(used(source, one) !== used(source, other));
      const texts = [one, other].map((certificate) => textOf(source, certificate));
      expect(texts[0] === undefined ? 'unfit' : texts[0]).not.toBe(texts[1]);
    }),
    { numRuns: 3_000 },
  );
});

/** Undefined where the template or the certificate is refused. */
function textOf(source: string, names: Partial<CertificateNames>): string | undefined {
  const parsed = parseTemplate(source, { allowsStar: false });
  if (typeof parsed === 'string') return undefined;
  const result = renderName(parsed, certificateWith(names));
  return result.kind === 'rendered' ? result.text : undefined;
}

/** What a device could try: its own ids, and its own ids made to look like those of another. */
const idFor = (
  { clientId, separator }: CertificateIdentityOptions,
  certificate: Partial<CertificateNames>,
  more: string,
) => {
  const parsed = parseTemplate(clientId, { allowsStar: true });
  if (typeof parsed === 'string') return more;
  const result = renderName({ ...parsed, parts: parsed.parts.map(withoutMarks) }, certificateWith(certificate));
  if (result.kind === 'unfit') return more;
  return result.afterStar === undefined ? `${result.text}${separator}${more}` : result.text + more + result.afterStar;
};

const withoutMarks = <T>(part: T): T => (typeof part === 'object' ? { ...part, marks: '' } : part);

test('no client id belongs to certificates with different values, whatever the binding', () => {
  let shared = 0;
  fc.assert(
    fc.property(options, names, names, value, fc.boolean(), (binding, one, other, more, isPlain) => {
      const certificateOptions = { principal: '{serial}', ...binding };
      const identity = certificateIdentity(certificateOptions);
      fc.pre(used(binding.clientId, one) !== used(binding.clientId, other));
      if (typeof identity !== 'function') return;
      const clientId = isPlain ? more : idFor(certificateOptions, one, more);
      const verdicts = [one, other].map((certificate) => identity(certificateWith(certificate), clientId, 'any').kind);
      if (verdicts.includes('accept')) shared += 1;
      expect(verdicts).not.toEqual(['accept', 'accept']);
    }),
    { numRuns: 5_000 },
  );
  expect(shared).toBeGreaterThan(100); // the property looked at ids that somebody may use
});

test('no text makes the parser throw, and what it takes gives clean names only', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (source, cn) => {
      expect(textOf(`${source}{cn}`, { commonNames: [cn] }) ?? '').not.toMatch(/[/+#\p{Cc}\p{Cf}\p{Cs}]/u);
    }),
  );
});
