import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { createAuthority, createIntermediate, createRoot } from '../issue/authority.ts';
import { issueCertificate } from '../issue/issue.ts';
import { type Credential } from '../issue/signing.ts';
import { partsOf } from '../x509/certificate-parts.ts';
import { bits, element, enumerated, explicit, integer, octets, oid, sequence, time } from '../x509/der-write.ts';
import { generateKey, type KeyType, randomSerial } from '../x509/keys.ts';
import { pemOf } from '../x509/pem-blocks.ts';
import { profiles } from '../x509/profile.ts';
import { signerOf } from '../x509/signatures.ts';
import { type CrlRequest, createCrl, type RevokedCertificate } from './crl.ts';
import { type Crl, judgeCrl, readCrls } from './crl-read.ts';
import { revocationReasons } from './reasons.ts';

const now = Date.UTC(2026, 5, 1);
const dayMs = 86_400_000;
let root: Credential;
let intermediate: Credential;

beforeAll(async () => {
  ({ root, intermediate } = await createAuthority({ now: () => now }));
});

const list = (parts: Partial<CrlRequest> = {}): Buffer =>
  createCrl({
    issuer: intermediate,
    revoked: [],
    number: 7,
    thisUpdate: now - 300_000,
    nextUpdate: now + 7 * dayMs,
    ...parts,
  });

function read(bytes: Buffer | string): Crl {
  const crls = readCrls(Buffer.from(bytes));
  if (typeof crls === 'string') throw new Error(crls);
  return crls[0]!;
}

const certificate = ({ certificate: pem }: Credential): X509Certificate => new X509Certificate(pem);
const judge = (bytes: Buffer, at = now) => judgeCrl(read(bytes), [certificate(intermediate), certificate(root)], at);

describe('a revocation list (RFC 5280 5)', () => {
  test('says who was revoked, when and why, and is current', () => {
    const revoked: RevokedCertificate[] = revocationReasons.map((reason, index) => ({
      serialNumber: `4F0000000000000000000000000000${index.toString(16).padStart(2, '0').toUpperCase()}`,
      at: now - index * 1_000,
      reason,
    }));
    const crl = read(list({ revoked }));
    expect(crl).toMatchObject({
      issuer: 'CN=Viaduct Intermediate CA, O=Viaduct',
      number: 7n,
      thisUpdate: now - 300_000,
      nextUpdate: now + 7 * dayMs,
    });
    expect([...crl.revoked]).toEqual(revoked.map(({ serialNumber, at, reason }) => [serialNumber, { at, reason }]));
    expect(judge(list({ revoked }))).toMatchObject({ state: 'current', problem: undefined });
  });

  test('serial numbers of any size are read as certificates show them', () => {
    const serial = fc.bigInt({ min: 1n, max: 2n ** 159n }).map((value) => value.toString(16));
    fc.assert(
      fc.property(serial, (text) => {
        const serialNumber = (text.length % 2 === 0 ? text : `0${text}`).toUpperCase();
        const crl = read(list({ revoked: [{ serialNumber, at: now, reason: 'superseded' }] }));
        expect([...crl.revoked.keys()]).toEqual([serialNumber]);
      }),
      { numRuns: 50 },
    );
  });

  test.each(['ec-p384', 'ed25519', 'rsa-2048'] satisfies KeyType[])(
    'is signed by a CA with an %s key',
    async (keyType) => {
      const own = await createRoot({ now: () => now }, undefined, { keyType });
      expect(judgeCrl(read(list({ issuer: own })), [certificate(own)], now).state).toBe('current');
    },
  );

  test('is not made by a CA that may not sign lists (RFC 5280 4.2.1.3)', async () => {
    const profile = { ...profiles.root, keyUses: ['keyCertSign'] as const };
    const context = { now: () => now, serial: randomSerial };
    const own = await issueCertificate(
      { profile, subject: { commonName: 'CA' } },
      await generateKey(),
      undefined,
      context,
    );
    expect(() => list({ issuer: own })).toThrow(
      /^no revocation list of CN=CA is made: its key usage does not allow that/,
    );
  });

  test('is not made where it would end before it begins', () => {
    expect(() => list({ nextUpdate: now - dayMs })).toThrow(/it would end before it begins/);
  });

  test('of several CAs may stand in one file', () => {
    const both = pemOf('X509 CRL', list()) + pemOf('X509 CRL', list({ issuer: root }));
    expect(readCrls(Buffer.from(both))).toHaveLength(2);
  });
});

describe('a list says nothing here', () => {
  test('of a CA that is not known', async () => {
    const stranger = await createRoot({ now: () => now }, undefined, { organization: 'Foreign' });
    expect(judge(list({ issuer: stranger }))).toEqual({
      state: 'unknown-issuer',
      problem:
        'the revocation list of CN=Foreign Root CA, O=Foreign is of another CA than those known here; put that CA beside it or take the list away',
      signer: undefined,
    });
  });

  test('of a CA of the same name with another key', async () => {
    const twin = await createIntermediate(root, { now: () => now });
    expect(judge(list({ issuer: twin })).state).toBe('unknown-issuer');
  });

  test('that was changed after it was signed', () => {
    const serialNumber = '4F'.repeat(16);
    const bytes = list({ revoked: [{ serialNumber, at: now, reason: 'superseded' }] });
    bytes.writeUInt8(0x4e, bytes.indexOf(Buffer.from(serialNumber, 'hex')));
    const verdict = judge(bytes);
    expect(verdict).toMatchObject({ state: 'forged', signer: undefined });
    expect(verdict.problem).toMatch(
      /was not signed by the key of CN=Viaduct Intermediate CA, .*; get it from that CA again/,
    );
  });

  test('that has ended, or counts later, as after a clock was set back', () => {
    const ended = judge(list(), now + 8 * dayMs);
    expect(ended.state).toBe('expired');
    expect(ended.problem).toMatch(/ended on 2026-06-08.*; get a new one/);
    const early = judge(list(), now - dayMs);
    expect(early.state).toBe('not-yet-valid');
    expect(early.problem).toMatch(/counts from 2026-05-31.* and the clock says 2026-05-31.*; set the clock right/);
  });

  test('that is signed with SHA-1', () => {
    const { sign } = signerOf(intermediate.key);
    const weak = sequence(oid('1.2.840.10045.4.1'));
    const issuer = partsOf(certificate(intermediate)).subject.raw;
    const content = sequence(integer(1), weak, issuer, time(now - 1_000), time(now + dayMs));
    const verdict = judge(sequence(content, weak, bits(sign(content))));
    expect(verdict.state).toBe('weak');
    expect(verdict.problem).toMatch(/is signed with SHA-1 with ECDSA, which can be forged/);
  });

  test('that is a part of one: its critical extension is not passed over (RFC 5280 5.2.5)', () => {
    const { algorithm, sign } = signerOf(intermediate.key);
    const critical = (id: string, value: Buffer) =>
      sequence(oid(id), element(0x01, Buffer.from([0xff])), octets(value));
    const build = (...rest: Buffer[]) => {
      const content = sequence(integer(1), algorithm, sequence(), time(now), ...rest);
      return sequence(content, algorithm, bits(sign(content)));
    };
    const partial = build(explicit(0, sequence(critical('2.5.29.28', sequence()))));
    expect(readCrls(partial)).toMatch(/the critical extension 2\.5\.29\.28 is not understood/);
    const entry = sequence(integer(5), time(now), sequence(critical('2.5.29.29', enumerated(1))));
    expect(readCrls(build(sequence(entry)))).toMatch(/the critical extension 2\.5\.29\.29 is not understood/);
  });
});

describe('what is no list is refused with a sentence, and never thrown over', () => {
  test.each([
    ['nothing', '', /^is empty$/],
    ['other text', 'hello', /^holds no revocation list in PEM form/],
    ['half a list', '-----BEGIN X509 CRL-----\nAAAA', /^is cut off/],
    ['damaged DER', Buffer.from('3003020100', 'hex'), /^is no revocation list, or is damaged \(/],
    [
      'too many',
      '-----BEGIN X509 CRL-----AA-----END X509 CRL-----'.repeat(101),
      /holds 101 revocation lists; at most 100/,
    ],
  ])('%s', (_what, bytes, sentence) => {
    expect(readCrls(Buffer.from(bytes))).toMatch(sentence);
  });

  test('any bytes, any cut and any changed bit', () => {
    const whole = list({ revoked: [{ serialNumber: '4F'.repeat(16), at: now, reason: 'key-compromise' }] });
    const changed = fc
      .tuple(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }))
      .map(([index, mask]) => {
        const bytes = Buffer.from(whole);
        bytes[index] = bytes[index]! ^ mask;
        return bytes;
      });
    const cut = fc.nat({ max: whole.length - 1 }).map((end) => whole.subarray(0, end));
    const random = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from([0x30, ...bytes]));
    const authorities = [certificate(intermediate)];
    fc.assert(
      fc.property(fc.oneof(changed, cut, random), (bytes) => {
        const crls = readCrls(bytes);
        if (typeof crls === 'string') return;
        const { state } = judgeCrl(crls[0]!, authorities, now);
        // the identifier of the algorithm stands there twice; the outer one is not what is signed
        expect(state === 'current' && !crls[0]!.revoked.has('4F'.repeat(16))).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });
});
