import { X509Certificate } from 'node:crypto';
import { AppError } from '../../kernel/errors.ts';
import { contextOf } from '../issue/authority.ts';
import { crlUrlsOf } from '../issue/ca-request.ts';
import type { IssueRequest } from '../issue/draft.ts';
import { certifyKey } from '../issue/issue.ts';
import { certificateName } from '../x509/certificate-name.ts';
import { extensionIds, partsOf } from '../x509/certificate-parts.ts';
import { readChildren, readDer } from '../x509/der.ts';
import { decodeName } from '../x509/general-name.ts';
import { describeX509 } from '../x509/inspect.ts';
import { generateKey, type KeyType, keyProblem, publicKeyOf } from '../x509/keys.ts';
import { decodeConstraints } from '../x509/name-constraints.ts';
import type { AltName } from '../x509/names.ts';
import { type Profile, profiles } from '../x509/profile.ts';
import type { CaFolder } from './ca-folder.ts';
import { profileOf } from './issued.ts';
import type { LedgerEntry } from './ledger.ts';
import { entryOfOwn, type Issued, recorded } from './operations.ts';

export interface RenewOptions {
  /** Make a new key of this type; the key stays the same when left out. */
  readonly newKey?: KeyType;
  /** Milliseconds since the epoch; the life of the profile when left out. */
  readonly notAfter?: number;
}

/** `key` is the new key, undefined where the key stayed the same. */
export type Renewed = Issued & { readonly key: string | undefined; readonly replaced: LedgerEntry };

/**
 * Issues a certificate again: for the same subject and names, by default for the same key, with a new life.
 * The one before stays valid until it ends or is revoked.
 * @param pem the certificate to renew, which a CA of this folder issued.
 * @throws AppError `issuing-refused` for a revoked one, `verification-failed` for one of another CA.
 */
export async function renewInFolder(folder: CaFolder, pem: string, options: RenewOptions = {}): Promise<Renewed> {
  const replaced = await entryOfOwn(folder, pem);
  if (replaced.revokedAt !== undefined)
    throw new AppError(
      'issuing-refused',
      `${replaced.subject} (${replaced.serialNumber}) is revoked (${replaced.reason}) and is not renewed; issue another with a new key`,
    );
  const certificate = new X509Certificate(pem);
  const request = renewalOf(certificate, options.notAfter);
  const key = options.newKey === undefined ? undefined : await generateKey(options.newKey);
  const publicKey = key === undefined ? certificate.publicKey : publicKeyOf(key);
  const weak = keyProblem(publicKey);
  if (weak !== undefined)
    throw new AppError('issuing-refused', `${replaced.subject} is not renewed: ${weak}; ask for a new key`);
  const signer = request.profile.isCa ? 'root-ca' : 'intermediate-ca';
  const asked = { ...request, crlUrls: crlUrlsOf(folder.options.crlUrl, signer) };
  const issued = await recorded(
    folder,
    signer,
    (issuer) => certifyKey(asked, publicKey, issuer, contextOf(folder.options)),
    replaced,
  );
  return { ...issued, key, replaced };
}

/** What to ask for to have the same certificate with a new life. @throws AppError `issuing-refused`. */
export function renewalOf(certificate: X509Certificate, notAfter?: number): IssueRequest {
  const facts = describeX509(certificate);
  const parts = partsOf(certificate);
  const { commonName, organization } = certificateName(parts.subject);
  if (commonName === undefined)
    throw new AppError(
      'issuing-refused',
      `${facts.subject} has no common name, or several, and cannot be renewed here`,
    );
  const constraints = parts.extensions.get(extensionIds.nameConstraints);
  const limits = constraints && decodeConstraints(constraints.value);
  if (typeof limits === 'string')
    throw new AppError(
      'issuing-refused',
      `${facts.subject} has name constraints, and ${limits}; it is not renewed here`,
    );
  return {
    profile: profileFor(certificate),
    subject: { commonName, ...(organization === undefined ? {} : { organization }) },
    altNames: altNamesOf(certificate),
    ...(limits === undefined ? {} : { constraints: limits }),
    ...(notAfter === undefined ? {} : { notAfter }),
  };
}

function profileFor(certificate: X509Certificate): Profile {
  const name = profileOf(describeX509(certificate));
  if (name !== 'intermediate') return profiles[name];
  const extension = partsOf(certificate).extensions.get(extensionIds.basicConstraints);
  const limit = extension && readChildren(readDer(extension.value))[1]?.content[0];
  return { ...profiles.intermediate, pathLength: limit };
}

function altNamesOf(certificate: X509Certificate): readonly AltName[] {
  const extension = partsOf(certificate).extensions.get(extensionIds.altName);
  const names = extension === undefined ? [] : readChildren(readDer(extension.value)).map(decodeName);
  return names.map((name) => {
    if (name !== undefined) return name;
    const { subject } = describeX509(certificate);
    throw new AppError('issuing-refused', `${subject} has an alternative name of a kind that is not issued here`);
  });
}
