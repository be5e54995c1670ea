import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type OddCertificate, type OddRequest, oddCertificate } from '../../test/support/odd-certificate.ts';
import { type CertificateWithIssuer, issuerHashes, ocspResponder } from './revocation/ocsp-request.ts';
import { readOcspResponse } from './revocation/ocsp-response.ts';
import { partsOf } from './x509/certificate-parts.ts';
import { contextTag } from './x509/der.ts';
import {
  bits,
  derNull,
  element,
  enumerated,
  explicit,
  implicit,
  integer,
  octets,
  oid,
  sequence,
} from './x509/der-write.ts';
import { signerOf } from './x509/signatures.ts';

/** The DER of TRUE. */
const yes = Buffer.from([0x01, 0x01, 0xff]);

const now = Date.UTC(2026, 5, 1);
const hourMs = 3_600_000;
const ocspSigning = '1.3.6.1.5.5.7.3.9';
const sha1 = '1.3.14.3.2.26';
const sha256 = '2.16.840.1.101.3.4.2.1';
let issuer: OddCertificate;
let other: OddCertificate;
let issued: CertificateWithIssuer;
let neighbour: CertificateWithIssuer;

const leaf = (name: string, more: Partial<OddRequest> = {}): Promise<OddCertificate> =>
  oddCertificate({ name, issuer, notBefore: now - hourMs, notAfter: now + 24 * hourMs, ...more });

beforeAll(async () => {
  const ca = { isCa: true, notBefore: now - hourMs, notAfter: now + 48 * hourMs };
  issuer = await oddCertificate({ name: 'CA', ...ca });
  other = await oddCertificate({ name: 'CA', ...ca });
  issued = { certificate: (await leaf('server')).certificate, issuer: issuer.certificate };
  neighbour = { certificate: (await leaf('neighbour')).certificate, issuer: issuer.certificate };
});

const generalizedTime = (ms: number): Buffer =>
  element(0x18, Buffer.from(`${new Date(ms).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`));

interface Parts {
  readonly of: CertificateWithIssuer;
  readonly hash: string;
  readonly status: Buffer;
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
  readonly signer: OddCertificate;
  readonly certificates: readonly OddCertificate[];
  readonly extensions: readonly Buffer[];
}

const good = implicit(0, Buffer.alloc(0));

/** A response as RFC 6960 4.2.1 has it. */
function response(parts: Partial<Parts> = {}): Buffer {
  const whole = {
    of: issued,
    hash: sha1,
    status: good,
    thisUpdate: now - hourMs,
    nextUpdate: now + hourMs,
    signer: issuer,
    certificates: [],
    extensions: [],
    ...parts,
  };
  const { name, key } = issuerHashes(whole.of, whole.hash === sha1 ? 'sha1' : 'sha256');
  const certId = sequence(
    sequence(oid(whole.hash), derNull()),
    octets(name),
    octets(key),
    integer(whole.of.certificate.serialNumber),
  );
  const answer = sequence(
    certId,
    whole.status,
    generalizedTime(whole.thisUpdate),
    ...(whole.nextUpdate === undefined ? [] : [explicit(0, generalizedTime(whole.nextUpdate))]),
  );
  const content = sequence(
    explicit(1, partsOf(whole.signer.certificate).subject.raw),
    generalizedTime(now),
    sequence(answer),
    ...(whole.extensions.length === 0 ? [] : [explicit(1, sequence(...whole.extensions))]),
  );
  const { algorithm, sign } = signerOf(whole.signer.key);
  const basic = sequence(
    content,
    algorithm,
    bits(sign(content)),
    ...(whole.certificates.length === 0
      ? []
      : [explicit(0, sequence(...whole.certificates.map((one) => one.certificate.raw)))]),
  );
  return sequence(enumerated(0), explicit(0, sequence(oid('1.3.6.1.5.5.7.48.1.1'), octets(basic))));
}

const read = (der: Buffer, at = now) => readOcspResponse(der, issued, at);

describe('an OCSP response (RFC 6960 4.2)', () => {
  test.each([sha1, sha256])('says that the certificate is good, and until when, with the hash %s', (hash) => {
    expect(read(response({ hash }))).toEqual({
      status: { kind: 'good' },
      thisUpdate: now - hourMs,
      nextUpdate: now + hourMs,
    });
  });

  test('need not say when it ends', () => {
    expect(read(response({ nextUpdate: undefined }))).toMatchObject({ nextUpdate: undefined });
  });

  test('says when the certificate was revoked and why', () => {
    const at = generalizedTime(now - 2 * hourMs);
    const status = element(contextTag(1, true), at, explicit(0, enumerated(1)));
    expect(read(response({ status }))).toMatchObject({
      status: { kind: 'revoked', at: now - 2 * hourMs, reason: 'key-compromise' },
    });
    const bare = element(contextTag(1, true), at);
    expect(read(response({ status: bare }))).toMatchObject({ status: { kind: 'revoked', reason: 'unspecified' } });
  });

  test('says that the certificate is not known', () => {
    expect(read(response({ status: implicit(2, Buffer.alloc(0)) }))).toMatchObject({ status: { kind: 'unknown' } });
  });

  test('may be signed by a responder that the issuer has certified for it (4.2.2.2)', async () => {
    const responder = await leaf('responder', { uses: [ocspSigning] });
    expect(read(response({ signer: responder, certificates: [responder] }))).toMatchObject({
      status: { kind: 'good' },
    });
  });

  test('counts for nothing with a signature of anybody else', async () => {
    const foreign = /^the response was not signed by the issuer of the certificate, nor by a responder of it$/;
    expect(read(response({ signer: other }))).toMatch(foreign);
    expect(read(response({ signer: other, certificates: [other] }))).toMatch(foreign);
    const device = await leaf('device');
    expect(read(response({ signer: device, certificates: [device] }))).toBe(
      'the response was signed with a certificate that is not made for that (extended key usage OCSPSigning)',
    );
    const ended = await leaf('ended', { uses: [ocspSigning], notAfter: now + 60_000 });
    expect(read(response({ signer: ended, certificates: [ended] }), now + 120_000)).toMatch(
      /^the response was signed with a certificate that counts from /,
    );
  });

  test('counts for nothing where it is of another certificate', () => {
    expect(read(response({ of: neighbour }))).toBe('the response says nothing of this certificate');
  });

  test('counts for nothing after its end, and before its beginning', () => {
    expect(read(response(), now + hourMs)).toBe('the response has ended on 2026-06-01T01:00:00Z');
    expect(read(response({ thisUpdate: now + hourMs, nextUpdate: now + 2 * hourMs }))).toBe(
      'the response counts from 2026-06-01T01:00:00Z on; set the clock right',
    );
  });

  test('counts for nothing with a critical extension that is not understood', () => {
    const critical = sequence(oid('1.2.3.4'), yes, octets(derNull()));
    expect(read(response({ extensions: [critical] }))).toMatch(/the critical extension 1\.2\.3\.4 is not understood/);
    const nonce = sequence(oid('1.3.6.1.5.5.7.48.1.2'), octets(octets(Buffer.from('nonce'))));
    expect(read(response({ extensions: [nonce] }))).toMatchObject({ status: { kind: 'good' } });
  });

  test.each([
    [1, 'the request is malformed'],
    [3, 'try later'],
    [6, 'it does not answer for this certificate'],
    [4, 'status 4'],
  ])('may be a refusal with status %i', (status, words) => {
    expect(read(sequence(enumerated(status)))).toBe(`the responder refuses: ${words}`);
  });

  test('with any bit turned says nothing else than before', () => {
    const whole = response();
    const before = read(whole);
    fc.assert(
      fc.property(fc.nat(whole.length * 8 - 1), (bit) => {
        const turned = Buffer.from(whole);
        turned[bit >> 3] = turned[bit >> 3]! ^ (1 << (bit & 7));
        const answer = read(turned);
        expect(typeof answer === 'string' ? before : answer).toEqual(before);
      }),
      { numRuns: 2_000 },
    );
  });

  test('cut off anywhere is damaged', () => {
    const whole = response();
    for (let length = 0; length < whole.length; length += 7)
      expect(read(whole.subarray(0, length))).toMatch(/^the response is damaged \(/);
  });
});

describe('the responder of a certificate (RFC 5280 4.2.2.1)', () => {
  test.each([
    [undefined, undefined],
    ['CA Issuers - URI:http://ca.example/ca.cer', undefined],
    ['OCSP - URI:http://ocsp.example', 'http://ocsp.example'],
    ['CA Issuers - URI:http://a\nOCSP - URI:ldap://b\nOCSP - URI:https://c/d', 'https://c/d'],
    ['OCSP - URI:"http://quoted\\u0000"', undefined],
    ['OCSP - URI:http://', undefined],
  ])('of %j is %j', (infoAccess, responder) => {
    expect(ocspResponder({ infoAccess })).toBe(responder);
  });
});
