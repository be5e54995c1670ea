import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { IssueRequest } from './draft.ts';
import type { Credential, IssuingContext, Signer } from './signing.ts';

/**
 * Issues one certificate: drafts it, tries every rule, signs it.
 * @param key PEM of the private key that the certificate is for.
 * @param issuer undefined makes a root, which signs itself.
 * @throws AppError `issuing-refused` with the rule that stands against it.
 */
export async function issueCertificate(
  request: IssueRequest,
  key: string,
  issuer: Credential | undefined,
  context: IssuingContext,
): Promise<Credential> {
  const publicKey = createPublicKey(createPrivateKey(key));
  const certificate = await certify(request, publicKey, { certificate: undefined, key, ...issuer }, context);
  return { certificate, key };
}

/**
 * The same for a key whose private half stays with its owner, who has proven to have it.
 * @returns PEM. @throws AppError `issuing-refused` with the rule that stands against it.
 */
export const certifyKey = (
  request: IssueRequest,
  publicKey: KeyObject,
  issuer: Credential,
  context: IssuingContext,
): Promise<string> => certify(request, publicKey, issuer, context);

async function certify(
  request: IssueRequest,
  publicKey: KeyObject,
  signer: Signer,
  context: IssuingContext,
): Promise<string> {
  const issuing = await import('./certify.ts'); // and with it the X.509 libraries, which most starts do without
  return issuing.certify(request, publicKey, signer, context);
}
