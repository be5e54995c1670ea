// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 finds its container there
import 'reflect-metadata';
import type { X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { beforeAll, describe, expect, test } from 'vitest';
import { type OddCertificate, type OddRequest, oddCertificate } from '../../../test/support/odd-certificate.ts';
import type { RevocationVerdict } from '../revocation/crl-set.ts';
import { encodeConstraints } from '../x509/name-constraints.ts';
import { type VerifyRequest, verifyCertificate } from './verify.ts';

const now = Date.UTC(2026, 5, 1);
const dayMs = 86_400_000;
const life = { notBefore: now - dayMs, notAfter: now + dayMs };
const ca = { isCa: true, keyUsage: x509.KeyUsageFlags.keyCertSign, ...life };
const serverUse = [x509.ExtendedKeyUsage.serverAuth];
const clientUse = [x509.ExtendedKeyUsage.clientAuth];

let root: OddCertificate;
let intermediate: OddCertificate;
let server: OddCertificate;

const make = (request: Partial<OddRequest> & { name: string }): Promise<OddCertificate> =>
  oddCertificate({ ...life, ...request });
const makeServer = (parts: Partial<OddRequest> = {}): Promise<OddCertificate> =>
  make({ name: 'broker', issuer: intermediate, isCa: false, uses: serverUse, names: ['broker.example.com'], ...parts });

beforeAll(async () => {
  root = await make({ name: 'Root', ...ca });
  intermediate = await make({ name: 'Intermediate', issuer: root, ...ca, pathLength: 0 });
  server = await makeServer();
});

const of = ({ certificate }: OddCertificate): X509Certificate => certificate;

function verify(chain: readonly [OddCertificate, ...OddCertificate[]], parts: Partial<VerifyRequest> = {}) {
  const [first, ...rest] = chain;
  return verifyCertificate({
    certificates: [of(first), ...rest.map(of)],
    trusted: [of(root)],
    allowsPartial: false,
    purpose: 'server',
    now,
    ...parts,
  });
}

/** The problems as `code index`, and all sentences. */
function told(chain: readonly [OddCertificate, ...OddCertificate[]], parts: Partial<VerifyRequest> = {}) {
  const { isValid, problems } = verify(chain, parts);
  expect(isValid).toBe(problems.length === 0);
  return {
    codes: problems.map(({ code, index }) => `${code} ${index}`),
    text: problems.map(({ message }) => message).join('\n'),
  };
}

describe('a chain is accepted', () => {
  test('from a server over what it sends to a trusted root, and is shown link by link', () => {
    const { isValid, chain } = verify([server, intermediate], { hostname: 'broker.example.com' });
    expect(isValid).toBe(true);
    expect(chain.map(({ subject, source }) => `${source} ${subject}`)).toEqual([
      'target CN=broker',
      'sent CN=Intermediate',
      'trusted CN=Root',
    ]);
  });

  test('with an intermediate among the trusted ones, or among those that may help', () => {
    expect(verify([server], { trusted: [of(intermediate), of(root)] }).isValid).toBe(true);
    expect(verify([server], { untrusted: [of(intermediate)] }).isValid).toBe(true);
  });

  test('up to an intermediate alone, where that may be an anchor', () => {
    const trusted = [of(intermediate)];
    expect(verify([server], { trusted, allowsPartial: true }).isValid).toBe(true);
    const { codes, text } = told([server], { trusted });
    expect(codes).toEqual(['partial 1']);
    expect(text).toMatch(/CN=Intermediate is trusted, but is no root, .*; add the root to the trusted ones, or let/);
  });

  test('of two certificates of one CA by the one that is in force', async () => {
    const old = await make({
      name: 'Intermediate',
      issuer: root,
      ...ca,
      notBefore: now - 3 * dayMs,
      notAfter: now - dayMs,
    });
    expect(verify([server, intermediate], { untrusted: [of(old)] }).isValid).toBe(true);
  });
});

describe('a chain is refused, and the sentence says what and what to do', () => {
  test('whose intermediate is not sent', () => {
    const { codes, text } = told([server]);
    expect(codes).toEqual(['issuer-missing 0']);
    expect(text).toMatch(/CN=broker was issued by CN=Intermediate, which is neither sent nor trusted; send it along/);
  });

  test('of another CA', async () => {
    const other = await make({ name: 'Other', ...ca });
    const { codes, text } = told([await makeServer({ issuer: other }), other]);
    expect(codes).toEqual(['untrusted-root 1']);
    expect(text).toMatch(/CN=Other is signed by itself and is not among the 1 trusted certificates; add it there if/);
  });

  test('that is in the wrong order', () => {
    const { codes, text } = told([server, root, intermediate]);
    expect(codes).toEqual(['order 0']);
    expect(text).toMatch(
      /certificate 2 of the file \(CN=Root\) did not issue certificate 1 .*; put the end certificate first/,
    );
  });

  test('that names its issuer, but was signed by somebody else', async () => {
    const forger = await make({ name: 'Intermediate', ...ca });
    const { codes, text } = told([await makeServer({ issuer: intermediate, signedBy: forger }), intermediate]);
    expect(codes).toContain('wrong-signature 0');
    expect(text).toMatch(
      /was not signed by the key of the one that is there; it is forged, or of a CA of the same name/,
    );
  });

  test('that has ended, or has not begun', async () => {
    const ended = told([await makeServer({ notAfter: now - 1_000 }), intermediate]);
    expect(ended.codes).toEqual(['validity 0']);
    expect(ended.text).toMatch(/CN=broker expired on 2026-05-31.*; renew it/);
    const early = told([await makeServer({ notBefore: now + 1_000 }), intermediate]);
    expect(early.text).toMatch(
      /is not valid before 2026-06-01T00:00:01.*, and the clock says 2026-06-01.*; set the clock/,
    );
    expect(told([server, intermediate], { now: now + 2 * dayMs }).codes).toEqual([
      'validity 0',
      'validity 1',
      'validity 2',
    ]);
  });

  test('whose first certificate is a CA', () => {
    const { codes, text } = told([intermediate]);
    expect(codes).toContain('ca-on-leaf 0');
    expect(text).toMatch(/is a CA certificate \(CA:TRUE\), which no server must show; issue an end certificate/);
    expect(told([intermediate], { purpose: 'any' }).codes).toEqual([]);
  });

  test('in which an end certificate has issued another (RFC 5280 4.2.1.9)', async () => {
    const leaf = await makeServer({ issuer: server });
    const { codes, text } = told([leaf, server, intermediate]);
    expect(codes).toContain('not-a-ca 1');
    expect(text).toMatch(/CN=broker is no CA, but issued the certificate below it; do not trust what it issued/);
  });

  test('in which a CA may not sign certificates (RFC 5280 4.2.1.3)', async () => {
    const mute = await make({ name: 'Mute', issuer: root, ...ca, keyUsage: x509.KeyUsageFlags.cRLSign });
    const { codes, text } = told([await makeServer({ issuer: mute }), mute]);
    expect(codes).toEqual(['not-a-ca 1']);
    expect(text).toMatch(/CN=Mute may not sign certificates \(key usage without keyCertSign\); have the CA certified/);
  });

  test('with more CAs than the path length allows', async () => {
    const below = await make({ name: 'Below', issuer: intermediate, ...ca });
    const { codes, text } = told([await makeServer({ issuer: below }), below, intermediate]);
    expect(codes).toEqual(['path-length 2']);
    expect(text).toMatch(
      /CN=Intermediate allows 0 CAs below it \(path length\), but 1 stand there; issue from the CA above/,
    );
  });

  test('for another purpose, of the certificate or of its CA', async () => {
    expect(told([await makeServer({ uses: clientUse }), intermediate])).toEqual({
      codes: ['purpose 0'],
      text: 'CN=broker is not meant for a server (extended key usage without serverAuth); use one issued for a server',
    });
    expect(told([server, intermediate], { purpose: 'client' }).codes).toEqual(['purpose 0']);
    const clientCa = await make({ name: 'Clients', issuer: root, ...ca, uses: clientUse });
    expect(told([await makeServer({ issuer: clientCa }), clientCa]).codes).toEqual(['purpose 1']);
  });

  test('of a server without a name, or with another than is asked for', async () => {
    const nameless = told([await makeServer({ names: [] }), intermediate]);
    expect(nameless.codes).toEqual(['name 0']);
    expect(nameless.text).toMatch(
      /has no subject alternative name .* so that clients of today refuse it; issue it again/,
    );
    const other = told([server, intermediate], { hostname: 'other.example.com' });
    expect(other.codes).toEqual(['name 0']);
    expect(other.text).toMatch(
      /is not for other\.example\.com, but for broker\.example\.com; connect by one of these names/,
    );
    expect(told([server, intermediate], { hostname: '192.0.2.7' }).codes).toEqual(['name 0']);
  });

  test('with a name that a CA of it may not certify', async () => {
    const constraints = encodeConstraints({ permitted: [{ type: 'dns', value: 'plant.example.com' }], excluded: [] });
    const extensions = [new x509.Extension('2.5.29.30', true, constraints)];
    const limited = await make({ name: 'Limited', issuer: root, ...ca, extensions });
    const { codes, text } = told([await makeServer({ issuer: limited }), limited]);
    expect(codes).toEqual(['name-constraints 1']);
    expect(text).toBe('CN=Limited may not certify the name broker.example.com of CN=broker (name constraints)');
    expect(told([await makeServer({ issuer: limited, names: ['a.plant.example.com'] }), limited]).codes).toEqual([]);
  });

  test('with a weak key', async () => {
    const { codes, text } = told([await makeServer({ rsaBits: 1_024 }), intermediate]);
    expect(codes).toEqual(['weak-key 0']);
    expect(text).toMatch(/CN=broker is too weak: its RSA key has 1024 bits; use EC P-256/);
  });

  test('with a signature that can be forged, but for that of the anchor on itself', async () => {
    const { codes, text } = told([await makeServer({ hash: 'SHA-1' }), intermediate]);
    expect(codes).toEqual(['weak-signature 0']);
    expect(text).toMatch(/CN=broker is signed with SHA-1 with ECDSA, which can be forged/);
    const old = await make({ name: 'Old', ...ca, hash: 'SHA-1' });
    expect(told([await makeServer({ issuer: old })], { trusted: [of(old)] }).codes).toEqual([]);
  });

  test('with a critical extension that is not understood (RFC 5280 4.2)', async () => {
    const extension = (isCritical: boolean) => [new x509.Extension('1.2.3.4', isCritical, Buffer.from('0500', 'hex'))];
    const { codes, text } = told([await makeServer({ extensions: extension(true) }), intermediate]);
    expect(codes).toEqual(['critical-extension 0']);
    expect(text).toMatch(/has the critical extension 1\.2\.3\.4, which is not understood here/);
    expect(told([await makeServer({ extensions: extension(false) }), intermediate]).codes).toEqual([]);
  });

  test('that is malformed inside, without an exception', async () => {
    const extensions = [new x509.Extension('2.5.29.30', true, Buffer.from('3005', 'hex'))];
    const broken = await make({ name: 'Broken', issuer: root, ...ca, extensions });
    const { codes, text } = told([await makeServer({ issuer: broken }), broken]);
    expect(codes).toEqual(['malformed 1']);
    expect(text).toMatch(/CN=Broken is malformed \(the structure is cut off\); have it issued again/);
  });

  test('that is longer than any of today', async () => {
    const cas = [root];
    for (let depth = 1; depth <= 11; depth += 1)
      cas.push(await make({ name: `CA ${depth}`, issuer: cas.at(-1)!, ...ca }));
    const leaf = await makeServer({ issuer: cas.at(-1)! });
    expect(told([leaf, ...cas.toReversed()]).codes).toContain('too-long 10');
  });
});

describe('revocation', () => {
  const asked = (verdict: RevocationVerdict, requiresAnswer = false, parts: Partial<VerifyRequest> = {}) =>
    told([server, intermediate], { ...parts, revocation: { lookup: () => verdict, requiresAnswer } });

  test('refuses what is revoked, in every link but the anchor', () => {
    const { codes, text } = asked({ kind: 'revoked', at: now - 1_000, reason: 'key-compromise' });
    expect(codes).toEqual(['revoked 0', 'revoked 1']);
    expect(text).toMatch(/CN=broker was revoked on 2026-05-31T23:59:59.* \(key-compromise\); issue another/);
  });

  test('that is not known is refused only where an answer is required', () => {
    expect(asked({ kind: 'unknown' }).codes).toEqual([]);
    const strict = asked({ kind: 'unknown' }, true);
    expect(strict.codes).toEqual(['crl-missing 0', 'crl-missing 1']);
    expect(strict.text).toMatch(/there is no current revocation list of CN=Intermediate for CN=broker; get one/);
    expect(asked({ kind: 'good' }, true).codes).toEqual([]);
  });
});
