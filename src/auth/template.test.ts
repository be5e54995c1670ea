import { describe, expect, test } from 'vitest';
import { certificateWith } from '../../test/support/peer-certificate.ts';
import { renderName } from './render-name.ts';
import { parseTemplate } from './template.ts';

const pump = certificateWith({
  commonNames: ['pump-7'],
  organizations: ['Plant'],
  organizationalUnits: ['north', 'south'],
  dnsNames: ['pump7.example.com', 'pump7.local'],
  uris: ['spiffe://plant/pump'],
});

function rendered(source: string, certificate = pump, options = { allowsStar: false }) {
  const template = parseTemplate(source, options);
  if (typeof template === 'string') return template;
  const result = renderName(template, certificate);
  return result.kind === 'unfit' ? result.why : result.text;
}

describe('a template is filled in', () => {
  test.each([
    ['{cn}', 'pump-7'],
    ['dev:{cn}', 'dev:pump-7'],
    ['{o}.{cn}', 'Plant.pump-7'],
    ['{ou:first}', 'north'],
    ['{san.dns:first}', 'pump7.example.com'],
    ['{san.uri:escaped}', 'spiffe:%2F%2Fplant%2Fpump'],
    ['{san.dns:first:escaped}', 'pump7.example.com'],
    ['{serial}', '4a0b'],
    ['{fingerprint}', 'ab'.repeat(32)],
  ])('%s', (source, text) => {
    expect(rendered(source)).toBe(text);
  });
});

describe('a certificate does not fit', () => {
  test.each([
    ['{san.email}', 'has no alternative name of type email, which {san.email} asks for'],
    ['{ou}', 'has 2 values of the kind organizational unit (OU); {ou:first} would take the first'],
    [
      '{san.uri}',
      'holds "/" in its alternative name of type URI, which is not allowed in a name; {san.uri:escaped} would',
    ],
    ['{cn}-{o}', 'holds "-" in its common name (CN), the character that marks where the value of {cn} ends'],
  ])('%s: %s', (source, why) => {
    expect(rendered(source)).toContain(why);
  });

  test.each([
    ['a/b', '"/"'],
    ['+', '"+"'],
    ['#', '"#"'],
    ['a\0b', 'U+0000'],
    ['a\nb', 'U+000A'],
    ['a\u202eb', 'U+202E'],
    ['a\u0085b', 'U+0085'],
    ['a\ud800b', 'U+D800'],
  ])('the common name %j, which could reach beyond its own topics or deceive a reader (CVE-2017-7650)', (cn, shown) => {
    expect(rendered('{cn}', certificateWith({ commonNames: [cn] }))).toContain(`holds ${shown} in its common name`);
  });

  test('two common names, an empty one, and one that is too long', () => {
    expect(rendered('{cn}', certificateWith({ commonNames: ['a', 'b'] }))).toContain('has 2 values');
    expect(rendered('{cn:first}', certificateWith({ commonNames: ['a', 'b'] }))).toBe('a');
    expect(rendered('{cn}', certificateWith({ commonNames: [''] }))).toContain('has no common name');
    expect(rendered('x{cn}', certificateWith({ commonNames: ['a'.repeat(256)] }))).toContain(
      'makes a name of 257 characters',
    );
  });
});

describe('a template is refused', () => {
  test.each([
    ['device', 'every certificate would give the same'],
    ['', 'every certificate would give the same'],
    ['{name}', 'there is no field {name}; there are {cn} {o}'],
    ['{__proto__}', 'there is no field {__proto__}'],
    ['{cn:last}', 'not by :last, as in {cn:first}'],
    ['{cn', 'a brace is not closed'],
    ['cn}', 'a brace is not closed'],
    ['{o}{cn}', 'fields and * cannot touch'],
    ['{cn}*', '* is allowed with bind: pattern only'],
    ['a/{cn}', '"/" is not allowed'],
    ['a\u0007{cn}', 'U+0007 is not allowed'],
  ])('%s: %s', (source, problem) => {
    expect(parseTemplate(source, { allowsStar: false })).toContain(problem);
  });

  test('as a pattern: a * beside a field, and a second *', () => {
    expect(parseTemplate('{cn}*', { allowsStar: true })).toContain('fields and * cannot touch');
    expect(parseTemplate('*-{cn}-*', { allowsStar: true })).toContain('one * is allowed at most');
    expect(parseTemplate('{cn}-*', { allowsStar: true })).toMatchObject({ source: '{cn}-*' });
  });
});
