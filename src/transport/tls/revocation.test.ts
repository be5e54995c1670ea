import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Authority, createAuthority, type IssuedCertificate } from '../../pki/issue/authority.ts';
import type { Credential } from '../../pki/issue/signing.ts';
import { createCrl } from '../../pki/revocation/crl.ts';
import { readCrls } from '../../pki/revocation/crl-read.ts';
import type { SignedCrl } from '../../pki/revocation/crl-set.ts';
import { type RevocationFinding, type RevocationSource, revocationCheck } from './revocation.ts';
import { revocationRefusal } from './revocation-refusal.ts';

const dayMs = 86_400_000;
const now = Date.UTC(2026, 5, 1);
const revokedAt = now - dayMs;

let authority: Authority;
let twin: Authority;
let device: IssuedCertificate;
let root: X509Certificate;
let intermediate: X509Certificate;
let pump: X509Certificate;
beforeAll(async () => {
  authority = await createAuthority({ now: () => now });
  twin = await createAuthority({ now: () => now }); // of the same names
  device = await authority.issueClient({ commonName: 'pump-7' });
  root = new X509Certificate(authority.root.certificate);
  intermediate = new X509Certificate(authority.intermediate.certificate);
  pump = new X509Certificate(device.cert);
});

/** A list of that CA. @param endsInMs from now. */
function listOf(issuer: Credential, serialNumbers: readonly string[], endsInMs = dayMs): SignedCrl {
  const revoked = serialNumbers.map((serialNumber) => ({ serialNumber, at: revokedAt, reason: 'superseded' as const }));
  const der = createCrl({ issuer, revoked, number: 1, thisUpdate: now - 2 * dayMs, nextUpdate: now + endsInMs });
  const crls = readCrls(der);
  if (typeof crls === 'string' || crls[0] === undefined) throw new Error('no list was made');
  return { crl: crls[0], signer: new X509Certificate(issuer.certificate) };
}

const judge = (source: Partial<RevocationSource>, certificate = pump): RevocationFinding | undefined =>
  check(source).judge(certificate, now);

const check = (source: Partial<RevocationSource>) =>
  revocationCheck({
    lists: [],
    authorities: [root, intermediate],
    anchors: [root, intermediate],
    isStrict: false,
    closesOpen: true,
    ...source,
  });

const revoked = { kind: 'revoked', at: revokedAt, reason: 'superseded' };

describe('a client certificate', () => {
  test('on the list of its CA is revoked, another is good', async () => {
    const other = new X509Certificate((await authority.issueClient({ commonName: 'pump-8' })).cert);
    const lists = [listOf(authority.intermediate, [pump.serialNumber])];
    expect(judge({ lists })).toEqual({ ...revoked, ca: undefined });
    expect(judge({ lists }, other)).toBeUndefined();
    expect(judge({ lists, isStrict: true }, other)).toBeUndefined();
  });

  test('stays revoked when the list has ended, and is no longer proven good by it', async () => {
    const other = new X509Certificate((await authority.issueClient({ commonName: 'pump-8' })).cert);
    const lists = [listOf(authority.intermediate, [pump.serialNumber], -1_000)];
    expect(judge({ lists })).toMatchObject(revoked);
    expect(judge({ lists }, other)).toBeUndefined();
    expect(judge({ lists, isStrict: true }, other)).toEqual({
      kind: 'unknown',
      issuer: 'CN=Viaduct Intermediate CA, O=Viaduct',
    });
  });

  test('without a list of its CA is taken, or refused where that is asked for', () => {
    const lists = [listOf(authority.root, [])];
    expect(judge({ lists })).toBeUndefined();
    expect(judge({ lists, isStrict: true })).toMatchObject({ kind: 'unknown' });
  });

  test('is not revoked by the list of another CA of the same name', () => {
    const authorities = [root, intermediate, new X509Certificate(twin.intermediate.certificate)];
    const theirs = listOf(twin.intermediate, [pump.serialNumber]);
    expect(judge({ authorities, lists: [theirs] })).toBeUndefined();
    expect(judge({ authorities, lists: [theirs], isStrict: true })).toMatchObject({ kind: 'unknown' });
    const ours = listOf(authority.intermediate, [pump.serialNumber]);
    expect(judge({ authorities, lists: [theirs, ours] })).toMatchObject(revoked);
  });
});

describe('a CA above it', () => {
  test('that is revoked makes it worth nothing, even where that CA is trusted as it is', () => {
    const lists = [listOf(authority.root, [intermediate.serialNumber]), listOf(authority.intermediate, [])];
    const finding = judge({ lists });
    expect(finding).toEqual({ ...revoked, ca: 'CN=Viaduct Intermediate CA, O=Viaduct' });
  });

  test('needs a list where it is not trusted as it is', () => {
    const lists = [listOf(authority.intermediate, [])];
    expect(judge({ lists, isStrict: true })).toBeUndefined();
    expect(judge({ lists, isStrict: true, anchors: [root] })).toEqual({
      kind: 'unknown',
      issuer: 'CN=Viaduct Root CA, O=Viaduct',
    });
  });

  test('revoked ends resumption, revoked devices do not', () => {
    const scopeWith = (...lists: SignedCrl[]) => check({ lists }).scope;
    const before = scopeWith(listOf(authority.intermediate, []), listOf(authority.root, []));
    expect(scopeWith(listOf(authority.intermediate, [pump.serialNumber]))).toBe(before);
    expect(scopeWith(listOf(authority.root, [intermediate.serialNumber]))).not.toBe(before);
  });
});

test('a certificate is suspect where a list names its serial number, a CA may be revoked, or every CA needs a list', () => {
  const of = (lists: readonly SignedCrl[], isStrict = false) => check({ lists, isStrict }).isSuspect(pump.serialNumber);
  expect(of([listOf(authority.intermediate, [])])).toBe(false);
  expect(of([listOf(authority.intermediate, [pump.serialNumber])])).toBe(true);
  expect(of([listOf(authority.root, [intermediate.serialNumber])])).toBe(true);
  expect(of([listOf(authority.root, [])])).toBe(false);
  expect(of([])).toBe(false);
  expect(of([], true)).toBe(true);
});

test('the refusal says whose certificate it is, and what is to be done', () => {
  const certificate = { subject: 'CN=pump-7', issuer: 'CN=Fleet', serialNumber: '4F01' };
  const at = Date.UTC(2026, 4, 31);
  expect(revocationRefusal({ kind: 'revoked', at, reason: 'key-compromise', ca: undefined }, certificate)).toEqual({
    reason: 'certificate-revoked',
    detail:
      'client certificate "CN=pump-7", serial number 4F01, issued by "CN=Fleet", was revoked on 2026-05-31T00:00:00Z (its key was compromised)',
  });
  expect(
    revocationRefusal({ kind: 'revoked', at, reason: 'unspecified', ca: 'CN=Fleet' }, certificate).detail,
  ).toContain('is worth nothing: the CA "CN=Fleet" above it was revoked on 2026-05-31T00:00:00Z (no reason given)');
  expect(revocationRefusal({ kind: 'unknown', issuer: 'CN=Fleet' }, certificate).reason).toBe('revocation-unknown');
});
