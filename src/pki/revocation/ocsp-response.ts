import { X509Certificate } from 'node:crypto';
import { isoTime } from '../../kernel/clock.ts';
import {
  type ExtensionValue,
  hasExtendedUse,
  partsOf,
  readExtensions,
  refuseCritical,
  serialHex,
} from '../x509/certificate-parts.ts';
import { contextTag, type DerValue, expectTag, oidText, readChildren, readDer, tags, timeMs } from '../x509/der.ts';
import { isSignedBy, type Signed, signatureProblem, signedOf } from '../x509/signatures.ts';
import { type CertificateWithIssuer, certIdHashes, issuerHashes } from './ocsp-request.ts';
import { type RevocationReason, reasonOfCode } from './reasons.ts';

/** What a responder says of a certificate, and its issuer stands for. */
export interface OcspAnswer {
  readonly status:
    | { readonly kind: 'good' }
    | { readonly kind: 'revoked'; readonly at: number; readonly reason: RevocationReason }
    /** The responder does not know the certificate. */
    | { readonly kind: 'unknown' };
  /** Milliseconds since the epoch. */
  readonly thisUpdate: number;
  /** Milliseconds since the epoch; undefined where newer answers are to be had at any time. */
  readonly nextUpdate: number | undefined;
}

/** Of the response as a whole (RFC 6960 4.2.1). */
const failures: ReadonlyMap<number, string> = new Map([
  [1, 'the request is malformed'],
  [2, 'an error of its own'],
  [3, 'try later'],
  [5, 'requests must be signed'],
  [6, 'it does not answer for this certificate'],
]);

const basicResponse = '1.3.6.1.5.5.7.48.1.1';
const ocspSigning = '1.3.6.1.5.5.7.3.9';
/** Clocks of responders go ahead of ours by so much at most. */
const skewMs = 300_000;
/** More certificates in a response, or answers, are not looked at. */
const maxListed = 20;

/**
 * Reads a response and believes it only where the issuer of the certificate, or a responder the issuer has certified
 * for it, has signed it, for this certificate, and for now (RFC 6960 3.2).
 * @param now milliseconds since the epoch.
 * @returns the answer, or the sentence that says why it counts for nothing.
 */
export function readOcspResponse(der: Buffer, issued: CertificateWithIssuer, now: number): OcspAnswer | string {
  try {
    const basic = basicPart(der);
    if (typeof basic === 'string') return basic;
    const [content, algorithm, signature, certificates] = readChildren(basic);
    const signed = signedOf(content, algorithm, signature);
    const problem =
      signatureProblem(signed.algorithm) ?? signerProblem(signed, certificatesOf(certificates), issued, now);
    if (problem !== undefined) return `the response ${problem}`;
    const answer = answersOf(signed.content).find((one) => isFor(one, issued));
    return answer === undefined ? 'the response says nothing of this certificate' : timely(answerOf(answer), now);
  } catch (cause) {
    return `the response is damaged (${cause instanceof Error ? cause.message : 'unreadable'})`;
  }
}

function basicPart(der: Buffer): DerValue | string {
  const [status, wrapped] = readChildren(expectTag(readDer(der), tags.sequence, 'the response'));
  const code = expectTag(status, tags.enumerated, 'the status').content[0] ?? 0;
  if (code !== 0) return `the responder refuses: ${failures.get(code) ?? `status ${code}`}`;
  const [bytes] = readChildren(expectTag(wrapped, contextTag(0, true), 'the content'));
  const [type, response] = readChildren(expectTag(bytes, tags.sequence, 'the content'));
  if (oidText(expectTag(type, tags.oid, 'the kind of response')) !== basicResponse)
    return 'the response is of a kind that is not known here';
  return expectTag(readDer(expectTag(response, tags.octets, 'the content').content), tags.sequence, 'the content');
}

const certificatesOf = (wrapped: DerValue | undefined): readonly X509Certificate[] => {
  const list = wrapped && readChildren(expectTag(wrapped, contextTag(0, true), 'the list of certificates'))[0];
  return list === undefined
    ? []
    : readChildren(list)
        .slice(0, maxListed)
        .map(({ raw }) => new X509Certificate(raw));
};

/** RFC 6960 4.2.2.2: the issuer itself, or one that it has certified for this; the certificate of that may not be old. */
function signerProblem(
  signed: Signed,
  certificates: readonly X509Certificate[],
  { issuer }: CertificateWithIssuer,
  now: number,
): string | undefined {
  if (isSignedBy(signed, issuer.publicKey)) return undefined;
  const signer = certificates.find(({ publicKey }) => isSignedBy(signed, publicKey));
  if (signer === undefined || !signer.checkIssued(issuer) || !signer.verify(issuer.publicKey))
    return 'was not signed by the issuer of the certificate, nor by a responder of it';
  if (!hasExtendedUse(partsOf(signer), ocspSigning))
    return 'was signed with a certificate that is not made for that (extended key usage OCSPSigning)';
  return now < Date.parse(signer.validFrom) || now > Date.parse(signer.validTo)
    ? `was signed with a certificate that counts from ${signer.validFrom} to ${signer.validTo}`
    : undefined;
}

/** The row of answers in ResponseData; version and responder may stand before the time of making. */
function answersOf(content: DerValue): readonly DerValue[] {
  const fields = readChildren(content);
  const producedAt = fields.findIndex(({ tag }) => tag === tags.generalizedTime);
  const [answers, extensions] = fields.slice(producedAt + 1);
  refuseCriticalIn(extensions);
  return readChildren(expectTag(answers, tags.sequence, 'the row of answers')).slice(0, maxListed);
}

const noneKnown: ReadonlySet<string> = new Set();

const refuseCriticalIn = (wrapped: DerValue | undefined): void => {
  const extensions =
    wrapped === undefined ? new Map<string, ExtensionValue>() : readExtensions(readChildren(wrapped)[0]);
  refuseCritical(extensions, noneKnown);
};

function isFor(answer: DerValue, issued: CertificateWithIssuer): boolean {
  const [certId] = readChildren(answer);
  const [algorithm, name, key, serial] = readChildren(expectTag(certId, tags.sequence, 'the certificate it speaks of'));
  const [id] = readChildren(expectTag(algorithm, tags.sequence, 'the hash'));
  const hash = certIdHashes.get(oidText(expectTag(id, tags.oid, 'the hash')));
  if (hash === undefined) return false;
  const issuer = issuerHashes(issued, hash);
  return (
    serialHex(expectTag(serial, tags.integer, 'the serial number')) === issued.certificate.serialNumber &&
    expectTag(name, tags.octets, 'the name of the issuer').content.equals(issuer.name) &&
    expectTag(key, tags.octets, 'the key of the issuer').content.equals(issuer.key)
  );
}

function answerOf(answer: DerValue): OcspAnswer {
  const [, status, thisUpdate, ...rest] = readChildren(answer);
  const nextUpdate = rest.find(({ tag }) => tag === contextTag(0, true));
  const next = nextUpdate && readChildren(nextUpdate)[0];
  refuseCriticalIn(rest.find(({ tag }) => tag === contextTag(1, true)));
  return {
    status: statusOf(status),
    thisUpdate: timeMs(expectTag(thisUpdate, tags.generalizedTime, 'the time of the answer')),
    nextUpdate: next && timeMs(next),
  };
}

function statusOf(status: DerValue | undefined): OcspAnswer['status'] {
  if (status?.tag === contextTag(0, false)) return { kind: 'good' };
  if (status?.tag === contextTag(2, false)) return { kind: 'unknown' };
  const [at, reason] = readChildren(expectTag(status, contextTag(1, true), 'the state of the certificate'));
  const code = reason && readChildren(reason)[0]?.content[0];
  return {
    kind: 'revoked',
    at: timeMs(expectTag(at, tags.generalizedTime, 'the time of revocation')),
    reason: reasonOfCode(code),
  };
}

function timely(answer: OcspAnswer, now: number): OcspAnswer | string {
  const { thisUpdate, nextUpdate } = answer;
  if (thisUpdate > now + skewMs) return `the response counts from ${isoTime(thisUpdate)} on; set the clock right`;
  if (nextUpdate !== undefined && nextUpdate <= now) return `the response has ended on ${isoTime(nextUpdate)}`;
  return answer;
}
