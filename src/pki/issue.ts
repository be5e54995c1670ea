// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 needs it before it is loaded
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { AppError } from '../kernel/errors.ts';
import { type Draft, draftChecks, draftOf, type IssueRequest, type IssuerFacts } from './draft.ts';
import { importSigningKey, pemOf, publicKeyDer, type SerialSource, signingHash } from './keys.ts';
import type { SubjectName } from './names.ts';

/** A certificate and its private key, both PEM. */
export interface Credential {
  /** One certificate, without its issuers. */
  readonly certificate: string;
  readonly key: string;
}

/** What issuing depends on besides the request. */
export interface IssuingContext {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly serial: SerialSource;
}

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
  const issuerCertificate = issuer && new x509.X509Certificate(issuer.certificate);
  const facts = issuerCertificate && factsOf(issuerCertificate);
  const draft = draftOf(request, facts, context);
  for (const check of draftChecks) {
    const refusal = check(draft, facts);
    if (refusal === undefined) continue;
    const what = `${draft.profile.name} certificate for ${draft.subject.commonName.slice(0, 80)}`;
    throw new AppError('issuing-refused', `no ${what} is issued: ${refusal}`, { details: { rule: check.name } });
  }
  const certificate = await sign(draft, key, issuerCertificate, issuer?.key ?? key);
  return { certificate, key };
}

async function sign(
  draft: Draft,
  key: string,
  issuer: x509.X509Certificate | undefined,
  issuerKey: string,
): Promise<string> {
  const subject = nameOf(draft.subject);
  const publicKey = await x509.PublicKey.create(publicKeyDer(key), webcrypto);
  const signingKey = await importSigningKey(issuerKey);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: draft.serialNumber,
      subject,
      issuer: issuer?.subjectName ?? subject,
      notBefore: new Date(draft.notBefore),
      notAfter: new Date(draft.notAfter),
      publicKey,
      signingKey,
      signingAlgorithm: { name: signingKey.algorithm.name, hash: signingHash(signingKey.algorithm) },
      extensions: await extensionsOf(draft, publicKey, issuer),
    },
    webcrypto,
  );
  return pemOf('CERTIFICATE', Buffer.from(certificate.rawData));
}

/** RFC 5280 4.2.1: basicConstraints and keyUsage are critical, the others are not. */
async function extensionsOf(
  { profile, altNames }: Draft,
  publicKey: x509.PublicKey,
  issuer: x509.X509Certificate | undefined,
): Promise<x509.Extension[]> {
  const keyUses = profile.keyUses.reduce((flags, use) => flags | x509.KeyUsageFlags[use], 0);
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(profile.isCa, profile.pathLength, true),
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- several flags in one number are no member of the enum
    new x509.KeyUsagesExtension(keyUses, true),
    await x509.SubjectKeyIdentifierExtension.create(publicKey, false, webcrypto),
  ];
  if (issuer !== undefined) {
    const known = issuer.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId;
    const aki = x509.AuthorityKeyIdentifierExtension;
    extensions.push(known === undefined ? await aki.create(issuer.publicKey, false, webcrypto) : new aki(known, false));
  }
  if (profile.extendedUses.length > 0)
    extensions.push(new x509.ExtendedKeyUsageExtension(profile.extendedUses.map((use) => x509.ExtendedKeyUsage[use])));
  if (altNames.length > 0)
    extensions.push(new x509.SubjectAlternativeNameExtension(altNames.map(({ type, value }) => ({ type, value }))));
  return extensions;
}

const nameOf = ({ commonName, organization }: SubjectName): x509.Name =>
  new x509.Name([
    ...(organization === undefined ? [] : [{ O: [{ utf8String: organization }] }]),
    { CN: [{ utf8String: commonName }] },
  ]);

function factsOf(certificate: x509.X509Certificate): IssuerFacts {
  const constraints = certificate.getExtension(x509.BasicConstraintsExtension);
  return {
    subject: certificate.subject,
    isCa: constraints?.ca ?? false,
    pathLength: constraints?.pathLength,
    notAfter: certificate.notAfter.getTime(),
  };
}
