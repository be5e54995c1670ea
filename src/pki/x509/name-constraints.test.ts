import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explicit, implicit, sequence } from './der-write.ts';
import {
  constrainedNames,
  decodeConstraints,
  encodeConstraints,
  outsideConstraints,
  parseConstraint,
} from './name-constraints.ts';
import { type AltName, parseSubjectAltName } from './names.ts';

function constraint(text: string): AltName {
  const parsed = parseConstraint(text);
  if (typeof parsed === 'string') throw new Error(parsed);
  return parsed;
}

function nameOf(text: string): AltName {
  const parsed = parseSubjectAltName(text);
  if (typeof parsed === 'string') throw new Error(parsed);
  return parsed;
}

const allows = (name: string, permitted: readonly string[], excluded: readonly string[] = []): boolean =>
  outsideConstraints([nameOf(name)], {
    permitted: permitted.map(constraint),
    excluded: excluded.map(constraint),
  }) === undefined;

function outcome(bytes: Buffer): string {
  try {
    return decodeConstraints(bytes) === '' ? 'nothing said' : 'read';
  } catch (cause) {
    return cause instanceof RangeError ? 'refused' : String(cause);
  }
}

describe('name constraints (RFC 5280 4.2.1.10)', () => {
  test.each([
    ['DNS:plant.example.com', 'DNS:example.com', true],
    ['DNS:example.com', 'example.com', true],
    ['DNS:*.plant.example.com', 'DNS:.example.com', true],
    ['DNS:evilexample.com', 'DNS:example.com', false],
    ['DNS:example.com.evil.org', 'DNS:example.com', false],
    ['IP:10.200.3.4', 'IP:10.0.0.0/8', true],
    ['IP:11.0.0.1', 'IP:10.0.0.0/8', false],
    ['IP:192.0.2.130', 'IP:192.0.2.128/25', true],
    ['IP:192.0.2.127', 'IP:192.0.2.128/25', false],
    ['IP:2001:db8::7', 'IP:2001:db8::/32', true],
    ['IP:2001:db9::7', 'IP:2001:db8::/32', false],
    ['IP:10.0.0.1', 'IP:::/0', false],
    ['email:ops@example.com', 'email:example.com', true],
    ['email:ops@plant.example.com', 'email:example.com', false],
    ['email:ops@plant.example.com', 'email:.example.com', true],
    ['email:ops@example.com', 'email:ops@example.com', true],
    ['email:other@example.com', 'email:ops@example.com', false],
    ['URI:https://example.com/a', 'URI:example.com', true],
    ['URI:https://plant.example.com/a', 'URI:example.com', false],
    ['URI:https://plant.example.com:8443/a', 'URI:.example.com', true],
    ['URI:https://example.com@evil.org/', 'URI:example.com', false],
    ['URI:urn:device:7', 'URI:example.com', false],
  ])('%s under a CA for %s: %s', (name, permitted, expected) => {
    expect(allows(name, [permitted])).toBe(expected);
    expect(allows(name, [], [permitted])).toBe(!expected);
  });

  test('of one kind say nothing about other kinds', () => {
    expect(allows('email:ops@example.com', ['DNS:plant.example.com'])).toBe(true);
  });

  test('that exclude win over those that permit', () => {
    expect(allows('DNS:lab.example.com', ['DNS:example.com'], ['DNS:lab.example.com'])).toBe(false);
  });

  test('hold for a common name that looks like a host, where there is no other DNS name', () => {
    expect(constrainedNames([], 'pump.example.com')).toEqual([{ type: 'dns', value: 'pump.example.com' }]);
    expect(constrainedNames([], 'pump 7')).toEqual([]);
    expect(constrainedNames([], '10.0.0.1')).toEqual([]);
    const names = [nameOf('DNS:a.example.com')];
    expect(constrainedNames(names, 'other.org')).toBe(names);
  });

  test('are read as they were written', () => {
    const text = fc.constantFrom(
      'DNS:example.com',
      'IP:10.0.0.0/8',
      'IP:192.0.2.7/32',
      'IP:0.0.0.0/0',
      'IP:2001:db8::/32',
      'IP:2001:db8::/61',
      'email:example.com',
      'email:.example.com',
      'email:a@b.org',
      'URI:example.com',
      'URI:.example.com',
    );
    const names = fc.array(text.map(constraint), { maxLength: 6 });
    fc.assert(
      fc.property(names, names, (permitted, excluded) => {
        expect(decodeConstraints(encodeConstraints({ permitted, excluded }))).toEqual({ permitted, excluded });
      }),
    );
  });

  test('about a kind of name that is not known here are never passed over', () => {
    const unknown = /a kind of name that cannot be checked here/;
    expect(decodeConstraints(sequence(explicit(0, sequence(implicit(4, Buffer.alloc(2))))))).toMatch(unknown);
    const gap = Buffer.from('0a000000ff00ff00', 'hex'); // a mask with holes
    expect(decodeConstraints(sequence(explicit(0, sequence(implicit(7, gap)))))).toMatch(unknown);
    expect(decodeConstraints(sequence(explicit(0, sequence(implicit(7, Buffer.alloc(7))))))).toMatch(unknown);
  });

  test('of any bytes are read or refused with a RangeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(outcome(Buffer.from(bytes))).toMatch(/^(read|refused)$/);
      }),
    );
  });

  test.each(['IP:10.0.0.0', 'IP:10.0.0.0/33', 'IP:x/8', 'DNS:*.example.com', 'DNS:a b', 'email:a@@', ''])(
    '"%s" is no constraint, and the sentence shows one',
    (text) => {
      expect(parseConstraint(text)).toMatch(/write e\.g\./);
    },
  );
});
