import { describe, expect, test } from 'vitest';
import { randomSerial } from '../x509/keys.ts';
import type { AltName } from '../x509/names.ts';
import { profiles } from '../x509/profile.ts';
import { type Draft, type DraftCheck, draftChecks, draftOf, type IssuerFacts } from './draft.ts';
import type { IssuingRule } from './issuing-rules.ts';

/** The check behind a rule of issuing. */
function checkOf(wanted: IssuingRule): DraftCheck {
  const [, check] = draftChecks.find(([rule]) => rule === wanted) ?? [];
  if (check === undefined) throw new Error(`no check is made of the rule ${wanted}`);
  return check;
}

const subjectIsPrintable = checkOf('name-form');
const altNamesArePresent = checkOf('no-alt-names');
const altNamesAreFew = checkOf('many-alt-names');
const altNamesArePlain = checkOf('alt-name-form');
const issuerIsInForce = checkOf('issuer-validity');
const validityIsOrdered = checkOf('validity');
const endsBeforeIssuer = checkOf('outlives-issuer');
const namesAreInsideIssuer = checkOf('name-constraints');
const issuerMayIssue = checkOf('issuer-not-a-ca');
const usesFitIssuer = checkOf('issuer-purpose');
const serialIsSound = checkOf('serial-number');

const now = Date.UTC(2026, 0, 1, 12);
const dayMs = 86_400_000;
const context = { now: () => now, serial: () => '40'.repeat(16) };
const issuer: IssuerFacts = { subject: 'CN=CA', isCa: true, pathLength: 0, notAfter: now + 100 * dayMs };
const draft = (changes: Partial<Draft> = {}): Draft => ({
  ...draftOf({ profile: profiles.client, subject: { commonName: 'device-7' } }, issuer, context),
  ...changes,
});

describe('a draft', () => {
  test('begins five minutes ago, since clocks differ', () => {
    expect(draft().notBefore).toBe(now - 300_000);
  });

  test('lives as long as its profile says, and no longer than its issuer', () => {
    expect(draft().notAfter).toBe(issuer.notAfter);
    const root = draftOf({ profile: profiles.root, subject: { commonName: 'Root' } }, undefined, context);
    expect(root.notAfter).toBe(now + 3_650 * dayMs);
  });

  test('has times in whole seconds, as certificates do (RFC 5280 4.1.2.5)', () => {
    const odd = draftOf(
      { profile: profiles.client, subject: { commonName: 'a' }, notBefore: 1_234, notAfter: 5_678 },
      issuer,
      context,
    );
    expect([odd.notBefore, odd.notAfter]).toEqual([1_000, 5_000]);
  });
});

describe('the rules of issuing', () => {
  test('a draft begins no earlier than its issuer, unless it is asked to', () => {
    const young = { ...issuer, notBefore: now - 60_000 };
    const request = { profile: profiles.client, subject: { commonName: 'a' } };
    expect(draftOf(request, young, context).notBefore).toBe(now - 60_000);
    expect(draftOf({ ...request, notBefore: now - dayMs }, young, context).notBefore).toBe(now - dayMs);
  });

  test('a subject does not turn the direction of writing, and its organization has 1 to 64 characters', () => {
    const commonName = 'a';
    expect(subjectIsPrintable(draft({ subject: { commonName: 'pump\u202e7' } }), issuer)).toMatch(/control characters/);
    expect(subjectIsPrintable(draft({ subject: { commonName, organization: '' } }), issuer)).toMatch(/1 to 64/);
    expect(subjectIsPrintable(draft({ subject: { commonName, organization: 'b'.repeat(65) } }), issuer)).toMatch(
      /has 65/,
    );
  });

  test('alternative names are at most 100, in printable ASCII', () => {
    const names = (count: number): AltName[] => Array.from({ length: count }, () => ({ type: 'dns', value: 'a' }));
    expect(altNamesAreFew(draft({ altNames: names(100) }), issuer)).toBeUndefined();
    expect(altNamesAreFew(draft({ altNames: names(101) }), issuer)).toMatch(/101 alternative names .*; at most 100/);
    expect(altNamesArePlain(draft({ altNames: names(1) }), issuer)).toBeUndefined();
    for (const value of ['', 'a b', 'a\0', 'ä'])
      expect(altNamesArePlain(draft({ altNames: [{ type: 'dns', value }] }), issuer)).toMatch(/not printable ASCII/);
  });

  test('an issuer is in force: neither ended nor ahead of the clock', () => {
    expect(issuerIsInForce(draft(), issuer)).toBeUndefined();
    expect(issuerIsInForce(draft(), { ...issuer, notAfter: now - 1 })).toMatch(/CN=CA expired on 2026-01-01.*; renew/);
    expect(issuerIsInForce(draft(), { ...issuer, notBefore: now + 1 })).toMatch(/set the clock of this machine right/);
  });

  test('an issuer without keyCertSign issues nothing (RFC 5280 4.2.1.3)', () => {
    expect(issuerMayIssue(draft(), { ...issuer, signsCertificates: false })).toMatch(/may not sign certificates/);
  });

  test('an issuer that is limited to a use issues for that use only (RFC 5280 4.2.1.12)', () => {
    expect(usesFitIssuer(draft(), { ...issuer, extendedUses: ['clientAuth'] })).toBeUndefined();
    expect(usesFitIssuer(draft(), { ...issuer, extendedUses: ['serverAuth'] })).toBe(
      'CN=CA may not issue certificates for clientAuth (extended key usage)',
    );
  });

  test('names are inside those of the issuer, also where its constraints cannot be kept here', () => {
    const limits = { permitted: [{ type: 'dns', value: 'example.com' }], excluded: [] } as const;
    const named = draft({ altNames: [{ type: 'dns', value: 'a.example.org' }] });
    expect(namesAreInsideIssuer(named, issuer)).toBeUndefined();
    expect(namesAreInsideIssuer(named, { ...issuer, constraints: limits })).toMatch(
      /may not certify the name a\.example\.org/,
    );
    expect(namesAreInsideIssuer(named, { ...issuer, constraints: 'it says no' })).toBe(
      'CN=CA has name constraints, and it says no',
    );
  });

  test('a common name has 1 to 64 characters, none of them a control character (RFC 5280 A.1)', () => {
    expect(subjectIsPrintable(draft(), issuer)).toBeUndefined();
    expect(subjectIsPrintable(draft({ subject: { commonName: '' } }), issuer)).toMatch(/1 to 64/);
    expect(subjectIsPrintable(draft({ subject: { commonName: 'a'.repeat(65) } }), issuer)).toMatch(/65 characters/);
    expect(subjectIsPrintable(draft({ subject: { commonName: 'a\0b' } }), issuer)).toMatch(/control characters/);
    expect(subjectIsPrintable(draft({ subject: { commonName: 'a', organization: 'b\n' } }), issuer)).toMatch(/control/);
  });

  test('a server certificate needs an alternative name', () => {
    expect(altNamesArePresent(draft({ profile: profiles.server }), issuer)).toMatch(/at least one/);
    expect(altNamesArePresent(draft(), issuer)).toBeUndefined();
  });

  test('validity ends after it begins', () => {
    expect(validityIsOrdered(draft({ notBefore: now, notAfter: now }), issuer)).toMatch(/before it begins/);
    expect(validityIsOrdered(draft(), issuer)).toBeUndefined();
  });

  test('no certificate outlives its issuer', () => {
    expect(endsBeforeIssuer(draft({ notAfter: issuer.notAfter + 1_000 }), issuer)).toMatch(/longer than its issuer/);
    expect(endsBeforeIssuer(draft(), issuer)).toBeUndefined();
  });

  test('only a CA issues, and below path length 0 only end certificates (RFC 5280 4.2.1.9)', () => {
    expect(issuerMayIssue(draft(), issuer)).toBeUndefined();
    expect(issuerMayIssue(draft(), { ...issuer, isCa: false })).toMatch(/not a CA/);
    expect(issuerMayIssue(draft({ profile: profiles.intermediate }), issuer)).toMatch(/path length 0/);
  });

  test('a serial number is positive and has 16 to 20 octets (RFC 5280 4.1.2.2)', () => {
    expect(serialIsSound(draft({ serialNumber: randomSerial() }), issuer)).toBeUndefined();
    for (const serialNumber of [
      '',
      '01',
      '80'.repeat(16),
      '00'.repeat(16),
      '40'.repeat(15),
      '40'.repeat(21),
      'zz'.repeat(16),
    ])
      expect(serialIsSound(draft({ serialNumber }), issuer)).toMatch(/serial number/);
  });
});
