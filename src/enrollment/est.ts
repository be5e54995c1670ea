import { X509Certificate } from 'node:crypto';
import { messageOf } from '../kernel/errors.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import type { CaFolder } from '../pki/folder/ca-folder.ts';
import { oid, sequence, set } from '../pki/x509/der-write.ts';
import { certificatesIn, distinctCertificates } from '../pki/x509/pem.ts';
import { readAuthorization } from './authorization.ts';
import type { Enrollment } from './enroll.ts';
import type { EstHandler, EstRequest, EstResponse } from './est-request.ts';
import { enrollmentFailed } from './events.ts';
import type { EnrollmentOutcome, RefusalKind } from './outcome.ts';
import { base64Lines, certsOnly, readBase64 } from './pkcs7.ts';

/** A request of 64 KiB in base64 with line ends; larger bodies are not read. */
export const maxEstBodyBytes = 98_304;

export interface EstDeps {
  readonly enrollment: Enrollment;
  readonly events: Events;
}

/** Enrollment over Secure Transport (RFC 7030): cacerts, csrattrs, simpleenroll, simplereenroll. */
export function estHandler({ enrollment, events }: EstDeps): EstHandler {
  const operations = new Map<string, { readonly method: 'GET' | 'POST'; readonly run: EstHandler }>([
    ['cacerts', { method: 'GET', run: () => caCertificates(enrollment.folder) }],
    ['csrattrs', { method: 'GET', run: () => Promise.resolve(csrAttributes()) }],
    ['simpleenroll', { method: 'POST', run: (request) => enroll(enrollment, request, false) }],
    ['simplereenroll', { method: 'POST', run: (request) => enroll(enrollment, request, true) }],
  ]);
  return async (request) => {
    const operation = operations.get(request.operation);
    if (operation === undefined)
      return sentence(404, `There is no such operation here; ${[...operations.keys()].join(', ')} are.`);
    if (request.method !== operation.method)
      return sentence(405, `Use ${operation.method} for ${request.operation}.`, { Allow: operation.method });
    try {
      return await operation.run(request);
    } catch (cause) {
      events.emit(enrollmentFailed, { via: 'est', peer: request.address, problem: messageOf(cause) });
      return sentence(503, 'The CA cannot answer now; the log of the broker says why.', { 'Retry-After': '60' });
    }
  };
}

/** RFC 7030 4.1.3: what issues now, what has issued before and still counts, and the roots. */
async function caCertificates(folder: CaFolder): Promise<EstResponse> {
  const now = folder.options.now();
  const found = (await folder.authorities()).flatMap(({ pem }) => certificatesIn(pem));
  const current = distinctCertificates(found.filter(({ validTo }) => Date.parse(validTo) > now));
  if (current.length === 0) return sentence(503, 'There is no CA here.', { 'Retry-After': '3600' });
  return {
    status: 200,
    headers: { 'Content-Type': 'application/pkcs7-mime', 'Content-Transfer-Encoding': 'base64' },
    body: base64Lines(certsOnly(current)),
  };
}

/** RFC 7030 4.5.2: a P-256 key, and a signature by ECDSA with SHA-256. Other strong keys are taken too. */
function csrAttributes(): EstResponse {
  const ecKey = sequence(oid('1.2.840.10045.2.1'), set(oid('1.2.840.10045.3.1.7')));
  return {
    status: 200,
    headers: { 'Content-Type': 'application/csrattrs', 'Content-Transfer-Encoding': 'base64' },
    body: base64Lines(sequence(ecKey, oid('1.2.840.10045.4.3.2'))),
  };
}

async function enroll(enrollment: Enrollment, request: EstRequest, isRenewal: boolean): Promise<EstResponse> {
  // a token on a line that others can read would be theirs
  if (!request.isSecure) return sentence(403, 'Certificates are given over https only; connect with TLS.');
  if (request.contentType?.split(';')[0]?.trim().toLowerCase() !== 'application/pkcs10')
    return sentence(415, 'Send a PKCS#10 request in base64 with Content-Type: application/pkcs10.');
  if (request.body === undefined)
    return sentence(413, `The request is larger than ${maxEstBodyBytes} bytes; ask for fewer names.`);
  const csr = requestBytes(request.body);
  if (csr === undefined) return sentence(400, 'The body is no base64; send the request (DER) in base64.');
  const { certificate: pem, authorization, lifetime } = request;
  const token = readAuthorization(authorization);
  const credential = token ?? (pem === undefined ? undefined : ({ kind: 'certificate', pem } as const));
  const outcome = await enrollment.enroll({
    via: 'est',
    peer: request.address,
    csr,
    lifetime,
    isRenewal,
    // a renewal is asked for by the certificate, whatever else is shown
    credential: isRenewal && pem !== undefined ? { kind: 'certificate', pem } : credential,
  });
  return responseOf(outcome);
}

/** Base64 of DER, as the standard says; PEM and plain DER, which people send with curl, cannot be mistaken for it. */
const requestBytes = (body: Buffer): Buffer | undefined =>
  body[0] === 0x30 || body.includes('-----BEGIN') ? body : readBase64(body.toString('latin1'));

const statuses: Readonly<Record<RefusalKind, EstResponse['status']>> = {
  malformed: 400,
  unauthenticated: 401,
  forbidden: 403,
  busy: 429,
  unavailable: 503,
};
const refusalHeaders: Readonly<Partial<Record<RefusalKind, Readonly<Record<string, string>>>>> = {
  unauthenticated: { 'WWW-Authenticate': 'Basic realm="enrollment", charset="UTF-8", Bearer realm="enrollment"' },
  busy: { 'Retry-After': '5' },
  unavailable: { 'Retry-After': '60' },
};

function responseOf(outcome: EnrollmentOutcome): EstResponse {
  if (outcome.kind !== 'issued')
    return sentence(statuses[outcome.kind], `${outcome.reason}.`, refusalHeaders[outcome.kind]);
  return {
    status: 200,
    // RFC 7030 4.2.3: the certificate alone; its issuers are to be had by cacerts
    headers: {
      'Content-Type': 'application/pkcs7-mime; smime-type=certs-only',
      'Content-Transfer-Encoding': 'base64',
    },
    body: base64Lines(certsOnly([new X509Certificate(outcome.issued.leaf)])),
  };
}

const sentence = (
  status: EstResponse['status'],
  text: string,
  headers: Readonly<Record<string, string>> = {},
): EstResponse => ({
  status,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers },
  body: `${text.charAt(0).toUpperCase()}${text.slice(1)}\n`,
});
