import { createHash, type X509Certificate } from 'node:crypto';
import type { SignedCrl } from '../../pki/revocation/crl-set.ts';
import type { RevocationReason } from '../../pki/revocation/reasons.ts';
import {
  authorityKeyId,
  type CertificateParts,
  extensionIds,
  nameKey,
  partsOf,
  subjectKeyId,
} from '../../pki/x509/certificate-parts.ts';
import { readChildren, readDer } from '../../pki/x509/der.ts';
import { nameLine } from './distinguished-name.ts';

/** Why a client certificate is refused that is sound otherwise. */
export type RevocationFinding =
  | {
      readonly kind: 'revoked';
      /** Milliseconds since the epoch. */
      readonly at: number;
      readonly reason: RevocationReason;
      /** The CA in its chain that is revoked; undefined where it is the certificate itself. */
      readonly ca: string | undefined;
    }
  /** There is no current list of this CA. */
  | { readonly kind: 'unknown'; readonly issuer: string };

/** What listeners ask about a client certificate once it verified. */
export interface RevocationCheck {
  /** Changes when a CA may have been revoked: a resumed session shows no chain, so it must not outlive that. */
  readonly scope: string;
  /** Whether open connections are closed too. */
  readonly closesOpen: boolean;
  /** Quick and coarse: false where `judge` has nothing to say. @param serialNumber upper-case hex. */
  isSuspect(serialNumber: string): boolean;
  /** A few look-ups by name of the issuer and serial number. @param now milliseconds since the epoch. */
  judge(certificate: X509Certificate, now: number): RevocationFinding | undefined;
}

export interface RevocationSource {
  readonly lists: readonly SignedCrl[];
  /** CAs that clients may come from. */
  readonly authorities: readonly X509Certificate[];
  /** Those of them that are trusted as they are: nothing needs to say that they are good. */
  readonly anchors: readonly X509Certificate[];
  /** Refuse certificates of a CA without a current list. */
  readonly isStrict: boolean;
  readonly closesOpen: boolean;
}

/** Lists and CAs of one name. */
interface Issuer {
  readonly lists: readonly SignedCrl[];
  readonly authorities: readonly X509Certificate[];
  /** One key only, so that the name alone says which. */
  readonly isPlain: boolean;
}

/** Names of issuers that are remembered; more would be no PKI. */
const maxIssuers = 1_000;
const maxDepth = 10;

export function revocationCheck(source: RevocationSource): RevocationCheck {
  const { lists, anchors, isStrict, closesOpen } = source;
  const authorities = source.authorities.map((certificate) => ({ certificate, parts: partsOf(certificate) }));
  const trusted = new Set(anchors.map(({ fingerprint256 }) => fingerprint256));
  const issuers = new Map<string, Issuer>();
  /** A CA may be among what was revoked, and any certificate from it. */
  const revokesCas = lists.some(({ signer, crl }) => mayIssueCas(signer) && crl.revoked.size > 0);

  const issuerOf = (certificate: X509Certificate): Issuer => {
    const known = issuers.get(certificate.issuer);
    if (known !== undefined) return known;
    const name = nameKey(partsOf(certificate).issuer);
    const ownLists = lists.filter(({ crl }) => crl.issuerKey === name);
    const own = authorities.filter(({ parts }) => nameKey(parts.subject) === name).map((one) => one.certificate);
    const [first] = own;
    const isPlain = first !== undefined && own.every((one) => one.publicKey.equals(first.publicKey));
    const issuer = { lists: ownLists, authorities: own, isPlain };
    if (issuers.size < maxIssuers) issuers.set(certificate.issuer, issuer);
    return issuer;
  };

  const judgeOne = (certificate: X509Certificate, issuer: Issuer, now: number): RevocationFinding | undefined => {
    let isCovered = false;
    for (const list of issuer.lists) {
      const revoked = list.crl.revoked.get(certificate.serialNumber);
      const { nextUpdate } = list.crl;
      const isCurrent = nextUpdate === undefined || now <= nextUpdate;
      if (revoked === undefined && (isCovered || !isCurrent)) continue;
      if (!issuer.isPlain && !isFrom(certificate, list.signer)) continue;
      if (revoked !== undefined) return { kind: 'revoked', ...revoked, ca: undefined };
      isCovered = true;
    }
    return isCovered ? undefined : { kind: 'unknown', issuer: nameLine(certificate.toLegacyObject().issuer) };
  };

  const judgeChain = (certificate: X509Certificate, now: number, depth: number): RevocationFinding | undefined => {
    const issuer = issuerOf(certificate);
    const finding = judgeOne(certificate, issuer, now);
    if (finding?.kind === 'revoked' || depth === maxDepth) return finding;
    const above = caFinding(issuersAbove(certificate, issuer), now, depth);
    return above?.kind === 'revoked' ? above : (finding ?? above);
  };

  /** Any CA of that name and key leads up, so one that is good is enough. */
  const caFinding = (cas: readonly X509Certificate[], now: number, depth: number): RevocationFinding | undefined => {
    let worst: RevocationFinding | undefined;
    for (const ca of cas) {
      if (ca.subject === ca.issuer) return undefined;
      const finding = judgeChain(ca, now, depth + 1);
      if (finding === undefined || (finding.kind === 'unknown' && trusted.has(ca.fingerprint256))) return undefined;
      if (worst?.kind === 'unknown') continue;
      worst =
        finding.kind === 'revoked' ? { ...finding, ca: finding.ca ?? nameLine(ca.toLegacyObject().subject) } : finding;
    }
    return worst;
  };

  return {
    scope: scopeOf(lists),
    closesOpen,
    isSuspect: (serialNumber) => isStrict || revokesCas || lists.some(({ crl }) => crl.revoked.has(serialNumber)),
    judge(certificate, now) {
      const finding = judgeChain(certificate, now, 0);
      return finding?.kind === 'unknown' && !isStrict ? undefined : finding;
    },
  };
}

/** @returns the CAs that may have issued it: known ones, else the one that the client sent, which sessions do not keep. */
function issuersAbove(certificate: X509Certificate, issuer: Issuer): readonly X509Certificate[] {
  if (issuer.isPlain) return issuer.authorities;
  const known = issuer.authorities.filter((authority) => isFrom(certificate, authority));
  if (known.length > 0) return known;
  const sent = certificate.issuerCertificate;
  return sent === undefined ? [] : [sent];
}

/** Whether that CA, of the name in the certificate, has issued it: by its key identifier, else by its signature. */
function isFrom(certificate: X509Certificate, authority: X509Certificate): boolean {
  const wanted = authorityKeyId(partsOf(certificate));
  const own = subjectKeyId(partsOf(authority));
  return wanted === undefined || own === undefined ? certificate.verify(authority.publicKey) : wanted === own;
}

/** All that is revoked by CAs that may issue to CAs. */
function scopeOf(lists: readonly SignedCrl[]): string {
  const revoked = lists
    .filter(({ signer }) => mayIssueCas(signer))
    .flatMap(({ crl }) => Array.from(crl.revoked.keys(), (serialNumber) => `${crl.issuerKey} ${serialNumber}`));
  return createHash('sha256').update(revoked.sort().join('\n')).digest('hex');
}

const mayIssueCas = (signer: X509Certificate): boolean => pathLengthOf(partsOf(signer)) !== 0;

function pathLengthOf({ extensions }: CertificateParts): number | undefined {
  const constraints = extensions.get(extensionIds.basicConstraints);
  return constraints && readChildren(readDer(constraints.value))[1]?.content[0];
}
