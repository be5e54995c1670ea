import { X509Certificate } from 'node:crypto';
import type { CaFolder } from '../pki/folder/ca-folder.ts';
import type { LedgerEntry } from '../pki/folder/ledger.ts';
import { type Issued, recorded } from '../pki/folder/operations.ts';
import { contextOf } from '../pki/issue/authority.ts';
import { certifyKey } from '../pki/issue/issue.ts';
import { readCsr } from '../pki/x509/csr.ts';
import { type Judged, judgeRequest } from './judge.ts';
import type { EnrollmentCredential, EnrollmentOutcome, EnrollmentRefusal, EnrollmentRequest } from './outcome.ts';
import { certificateGrant, type Grant, type OwnIdentity, ownIdentity, tokenGrant } from './policy.ts';
import type { EnrollmentOptions } from './schema.ts';
import type { TokenFile } from './token-file.ts';

export interface DecideDeps {
  readonly folder: CaFolder;
  readonly tokens: TokenFile;
  /** Whether one more may be looked at, of those who have shown who they are. */
  readonly hasRoom: () => boolean;
}

/** Who gets which certificate. @throws what `refusalOf` understands, and what goes wrong on our side. */
export function createDecision(
  options: EnrollmentOptions,
  { folder, tokens, hasRoom }: DecideDeps,
): (request: EnrollmentRequest) => Promise<EnrollmentOutcome> {
  const byToken = async (
    request: EnrollmentRequest,
    { text, userName }: Extract<EnrollmentCredential, { kind: 'token' }>,
  ): Promise<EnrollmentOutcome> => {
    const token = await tokens.check(text);
    if (typeof token === 'string') return { kind: 'unauthenticated', reason: token };
    if (!hasRoom()) return tooMany;
    const grant = tokenGrant(token, request.via, options);
    const judged = judgeRequest(request, { folder, options, grant, userName });
    if ('kind' in judged) return judged;
    // A request that is refused leaves the token as it was. From here on it is used up, and before anything is issued
    const problem = await tokens.spend(text, judged.asked.request.subject.commonName);
    if (problem !== undefined) return { kind: 'unauthenticated', reason: problem };
    try {
      return { kind: 'issued', issued: await issue(judged, grant) };
    } catch (cause) {
      await tokens.giveBack(token.id);
      throw cause;
    }
  };

  const byCertificate = async (request: EnrollmentRequest, identity: OwnIdentity): Promise<EnrollmentOutcome> => {
    if (!hasRoom()) return tooMany;
    const grant = certificateGrant(identity, request.via, options);
    const csr = readCsr(request.csr);
    const isItself = typeof csr === 'string' || [undefined, identity.commonName].includes(csr.commonName);
    const renewed = request.isRenewal || isItself ? identity : undefined;
    const judged = judgeRequest(request, { folder, options, grant, ...(renewed && { identity: renewed }) });
    return 'kind' in judged ? judged : { kind: 'issued', issued: await issue(judged, grant, renewed?.entry) };
  };

  const issue = (
    { asked, lifetimeMs }: Judged,
    { by, maxLifetimeMs }: Grant,
    replaced?: LedgerEntry,
  ): Promise<Issued> =>
    recorded(
      { ...folder, options: { ...folder.options, by } },
      'intermediate-ca',
      (issuer) => {
        const now = folder.options.now();
        const end = Date.parse(new X509Certificate(issuer.certificate).validTo);
        const usual = Math.min(now + Math.min(options.lifetime, maxLifetimeMs), end);
        const notAfter = lifetimeMs === undefined ? usual : now + lifetimeMs;
        return certifyKey({ ...asked.request, notAfter }, asked.publicKey, issuer, contextOf(folder.options));
      },
      replaced,
    );

  return async (request) => {
    const { credential, isRenewal } = request;
    if (credential?.kind === 'certificate') {
      const identity = await ownIdentity(folder, credential.pem);
      return 'kind' in identity ? identity : byCertificate(request, identity);
    }
    if (isRenewal) return onlyByCertificate;
    return credential === undefined ? noCredential : byToken(request, credential);
  };
}

const noCredential: EnrollmentRefusal = {
  kind: 'unauthenticated',
  reason: 'show who you are: a token as password or bearer token, or a client certificate of this CA',
};
const onlyByCertificate: EnrollmentRefusal = {
  kind: 'unauthenticated',
  reason:
    'a certificate is renewed with itself: show it when you connect (on a listener with tls: two-way or two-way-optional); to begin anew with a token use simpleenroll',
};
export const tooMany: EnrollmentRefusal = {
  kind: 'busy',
  reason: 'too many requests for certificates at this time; try again in a few seconds',
};
