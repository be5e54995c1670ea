import { pemBlocks, pemOf } from '../x509/pem-blocks.ts';
// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 needs it before it is loaded
import 'reflect-metadata';
import { createPrivateKey, createPublicKey, type KeyObject, webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { AppError } from '../../kernel/errors.ts';
import { printable } from '../../kernel/printable.ts';
import { extensionIds } from '../x509/certificate-parts.ts';
import { importSigningKey, keyProblem, signingHash } from '../x509/keys.ts';
import { decodeConstraints, encodeConstraints, type NameConstraints } from '../x509/name-constraints.ts';
import { type SubjectName } from '../x509/names.ts';
import { type Draft, draftChecks, draftOf, type IssueRequest, type IssuerFacts } from './draft.ts';
import { type IssuingRule, issuingRefused } from './issuing-rules.ts';
import type { IssuingContext, Signer } from './signing.ts';

/**
 * Drafts a certificate, tries every rule, signs it. Here stand the X.509 libraries, some hundred files: load it when
 * something is issued.
 * @returns PEM. @throws AppError `issuing-refused` with the rule that stands against it.
 */
export async function certify(
  request: IssueRequest,
  publicKey: KeyObject,
  signer: Signer,
  context: IssuingContext,
): Promise<string> {
  const issuer = signer.certificate === undefined ? undefined : new x509.X509Certificate(firstOf(signer.certificate));
  const facts = issuer && factsOf(issuer);
  const draft = draftOf(request, facts, context);
  const refused = (rule: IssuingRule, refusal: string): AppError => {
    const what = `${draft.profile.name} certificate for ${printable(draft.subject.commonName.slice(0, 80))}`;
    return issuingRefused(rule, `no ${what} is issued: ${refusal}`);
  };
  for (const [rule, check] of draftChecks) {
    const refusal = check(draft, facts);
    if (refusal !== undefined) throw refused(rule, refusal);
  }
  const weak = keyProblem(publicKey);
  if (weak !== undefined) throw refused('weak-key', weak);
  const unfit = signerProblem(signer);
  if (unfit !== undefined) throw refused('issuer-key', unfit);
  return sign(draft, publicKey.export({ type: 'spki', format: 'der' }), issuer, signer.key);
}

/** A weak key of a CA can be found out, and one that is not the CA's makes certificates that nobody accepts. */
function signerProblem({ certificate, key }: Signer): string | undefined {
  const signingKey = createPrivateKey(key);
  const weak = keyProblem(createPublicKey(signingKey));
  if (weak !== undefined) return `the CA cannot be used: ${weak}`;
  return certificate === undefined || new X509Certificate(certificate).checkPrivateKey(signingKey)
    ? undefined
    : 'the key that is to sign it is not the key of the CA; put the right key back';
}

/** The issuer's file may hold the CAs above it too. */
const firstOf = (pem: string): string => pemBlocks(pem, 'CERTIFICATE').blocks[0] ?? pem;

async function sign(
  draft: Draft,
  spki: Buffer,
  issuer: x509.X509Certificate | undefined,
  issuerKey: string,
): Promise<string> {
  const subject = nameOf(draft.subject);
  const publicKey = await x509.PublicKey.create(spki, webcrypto);
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
  { profile, altNames, crlUrls, constraints }: Draft,
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
  if (crlUrls.length > 0) extensions.push(new x509.CRLDistributionPointsExtension([...crlUrls]));
  if (constraints !== undefined)
    extensions.push(new x509.Extension(extensionIds.nameConstraints, true, encodeConstraints(constraints)));
  return extensions;
}

const nameOf = ({ commonName, organization }: SubjectName): x509.Name =>
  new x509.Name([
    ...(organization === undefined ? [] : [{ O: [{ utf8String: organization }] }]),
    { CN: [{ utf8String: commonName }] },
  ]);

const anyUse = '2.5.29.37.0';

/** @param pem the certificate of a CA. @returns its name constraints, or a sentence where they cannot be kept here. */
export const constraintsOf = (pem: string): NameConstraints | string | undefined =>
  factsOf(new x509.X509Certificate(firstOf(pem))).constraints;

function factsOf(certificate: x509.X509Certificate): IssuerFacts {
  const constraints = certificate.getExtension(x509.BasicConstraintsExtension);
  const limits = certificate.getExtension(extensionIds.nameConstraints);
  const usage = certificate.getExtension(x509.KeyUsagesExtension);
  const uses = certificate.getExtension(x509.ExtendedKeyUsageExtension);
  return {
    subject: certificate.subject,
    isCa: constraints?.ca ?? false,
    pathLength: constraints?.pathLength,
    constraints: limits === null ? undefined : decodeConstraints(Buffer.from(limits.value)),
    signsCertificates: usage === null || (usage.usages & x509.KeyUsageFlags.keyCertSign) !== 0,
    extendedUses:
      uses?.usages.includes(anyUse) === true
        ? undefined
        : (['serverAuth', 'clientAuth'] as const).filter(
            (use) => uses?.usages.includes(x509.ExtendedKeyUsage[use]) ?? true,
          ),
    notBefore: certificate.notBefore.getTime(),
    notAfter: certificate.notAfter.getTime(),
  };
}
