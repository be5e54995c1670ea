import type { X509Certificate } from 'node:crypto';
import { namesAsIssuer } from './check-parts.ts';

/** Certificates above this depth belong to no chain of today. */
const maxDepth = 10;

export type LinkSource = 'target' | 'sent' | 'trusted';

export interface ChainLink {
  readonly certificate: X509Certificate;
  readonly source: LinkSource;
}

/** Why the way up ended without an anchor. */
export type ChainEnd =
  | 'anchored'
  /** The top one is signed by itself and not trusted. */
  | 'untrusted-root'
  /** No issuer of the top one is there. */
  | 'issuer-missing'
  /** The top one is trusted, but is no root, and only roots may be anchors. */
  | 'partial'
  /** A certificate of the issuer's name is there, and did not make the signature. */
  | 'wrong-signature'
  | 'too-long';

export interface Chain {
  /** The certificate that was looked at first, its issuers after it. */
  readonly links: readonly [ChainLink, ...ChainLink[]];
  readonly end: ChainEnd;
}

export interface ChainParts {
  readonly target: X509Certificate;
  /** What the peer sends along, believed only as far as its signatures lead to an anchor. */
  readonly sent: readonly X509Certificate[];
  readonly trusted: readonly X509Certificate[];
  /** An intermediate among the trusted ones is an anchor by itself, as for Java and for the listeners of this program. */
  readonly allowsPartial: boolean;
  /** Milliseconds since the epoch: of two issuers with the same key the one in force is taken. */
  readonly now: number;
}

/** Finds the way from a certificate to an anchor (RFC 5280 6.1), trusted certificates before sent ones. */
export function buildChain(parts: ChainParts): Chain {
  const links: [ChainLink, ...ChainLink[]] = [{ certificate: parts.target, source: 'target' }];
  while (links.length <= maxDepth) {
    const { certificate } = links.at(-1)!;
    const isTrusted = holds(parts.trusted, certificate);
    const isRoot = isSelfSigned(certificate);
    if (isTrusted && (isRoot || parts.allowsPartial)) return { links, end: 'anchored' };
    if (isRoot) return { links, end: 'untrusted-root' };
    const next = issuerOf(certificate, parts, links);
    if (next === undefined) return { links, end: endOf(certificate, isTrusted, parts) };
    links.push(next);
  }
  return { links, end: 'too-long' };
}

const holds = (list: readonly X509Certificate[], certificate: X509Certificate): boolean =>
  list.some(({ raw }) => raw.equals(certificate.raw));

export const isSelfSigned = (certificate: X509Certificate): boolean => isSignedWithKeyOf(certificate, certificate);

function issuerOf(
  certificate: X509Certificate,
  { trusted, sent, now }: ChainParts,
  links: readonly ChainLink[],
): ChainLink | undefined {
  const sources = [
    ['trusted', trusted],
    ['sent', sent],
  ] as const;
  for (const [source, list] of sources) {
    const issuers = list.filter(
      (candidate) => isSignedWithKeyOf(certificate, candidate) && !holds(links.map(of), candidate),
    );
    const found = issuers.find((issuer) => isInForce(issuer, now)) ?? issuers[0];
    if (found !== undefined) return { certificate: found, source };
  }
  return undefined;
}

/**
 * Whether it made the signature under its name, allowed to or not: OpenSSL finds no issuer where the key usage forbids
 * issuing, and the person who looks for the mistake would not learn why.
 */
export const isSignedWithKeyOf = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  namesAsIssuer(certificate, issuer) && certificate.verify(issuer.publicKey);

const of = ({ certificate }: ChainLink): X509Certificate => certificate;

export const isInForce = ({ validFrom, validTo }: X509Certificate, now: number): boolean =>
  Date.parse(validFrom) <= now && now <= Date.parse(validTo);

function endOf(certificate: X509Certificate, isTrusted: boolean, { trusted, sent }: ChainParts): ChainEnd {
  if (isTrusted) return 'partial';
  const claimed = [...trusted, ...sent].some((candidate) => namesAsIssuer(certificate, candidate));
  return claimed ? 'wrong-signature' : 'issuer-missing';
}
