import type { X509Certificate } from 'node:crypto';
import { isoTime } from '../../kernel/clock.ts';
import type { RevocationVerdict } from '../revocation/crl-set.ts';
import { type CertificateFacts, describeX509 } from '../x509/inspect.ts';
import { buildChain, type Chain, type ChainEnd, type ChainParts, isSignedWithKeyOf, type LinkSource } from './chain.ts';
import { type ChainContext, linkChecks } from './chain-checks.ts';

/** Something that keeps a certificate from being accepted. */
export interface VerifyProblem {
  /** Stable, for programs. */
  readonly code: string;
  /** Which certificate of the chain, from 0, the one that was asked about. */
  readonly index: number;
  /** What is wrong, with which certificate, and what to do. */
  readonly message: string;
}

export interface Verification {
  readonly isValid: boolean;
  readonly chain: readonly (CertificateFacts & { readonly source: LinkSource })[];
  readonly problems: readonly VerifyProblem[];
}

export interface VerifyRequest extends ChainContext, Omit<ChainParts, 'sent' | 'target'> {
  /** The certificate in question first, then what is sent along with it, as a file of a server or client holds them. */
  readonly certificates: readonly [X509Certificate, ...X509Certificate[]];
  /** More certificates that may help, as `openssl verify -untrusted` takes them. */
  readonly untrusted?: readonly X509Certificate[];
  /** What revocation lists say; not asked when left out. */
  readonly revocation?: {
    readonly lookup: (certificate: X509Certificate) => RevocationVerdict;
    readonly requiresAnswer: boolean;
  };
}

/** Says whether a certificate would be accepted, by which chain, and everything that stands against it. */
export function verifyCertificate(request: VerifyRequest): Verification {
  const [target, ...rest] = request.certificates;
  const sent = [...rest, ...(request.untrusted ?? [])];
  const chain = buildChain({ ...request, target, sent });
  const problems = [
    ...orderProblems(request.certificates),
    ...checkedLinks(chain, request),
    ...endProblems(chain, request),
    ...(request.revocation === undefined ? [] : revocationProblems(chain, request.revocation)),
  ];
  return {
    isValid: problems.length === 0,
    chain: chain.links.map(({ certificate, source }) => ({ ...describeX509(certificate), source })),
    problems,
  };
}

/** A certificate that is damaged inside breaks the rule that stumbles over it, and is not accepted for that. */
function checkedLinks({ links }: Chain, context: ChainContext): VerifyProblem[] {
  return links.flatMap((link, index) =>
    linkChecks.flatMap(([code, check]) => {
      const { subject } = describeX509(link.certificate);
      try {
        const problem = check(link, index, links, context);
        return problem === undefined ? [] : [{ code, index, message: `${subject} ${problem}` }];
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : 'unreadable';
        return [{ code: 'malformed', index, message: `${subject} is malformed (${reason}); have it issued again` }];
      }
    }),
  );
}

/** RFC 8446 4.4.2: each certificate certifies the one before it. */
function orderProblems(certificates: readonly X509Certificate[]): VerifyProblem[] {
  for (const [index, certificate] of certificates.entries()) {
    const issuer = certificates[index + 1];
    if (issuer === undefined || isSignedWithKeyOf(certificate, issuer)) continue;
    const message = `certificate ${index + 2} of the file (${describeX509(issuer).subject}) did not issue certificate ${index + 1} (${describeX509(certificate).subject}); put the end certificate first and each issuer after what it issued`;
    return [{ code: 'order', index, message }];
  }
  return [];
}

function endProblems({ links, end }: Chain, { trusted }: VerifyRequest): VerifyProblem[] {
  if (end === 'anchored') return [];
  const top = describeX509(links.at(-1)!.certificate);
  const messages: Readonly<Record<Exclude<ChainEnd, 'anchored'>, string>> = {
    'untrusted-root': `${top.subject} is signed by itself and is not among the ${trusted.length} trusted certificates; add it there if you trust it`,
    'issuer-missing': `${top.subject} was issued by ${top.issuer}, which is neither sent nor trusted; send it along with the certificate, or trust it`,
    partial: `${top.subject} is trusted, but is no root, and its issuer ${top.issuer} is not there; add the root to the trusted ones, or let an intermediate be an anchor (--partial-chain), as Java and the listeners of this program do`,
    'wrong-signature': `${top.subject} names ${top.issuer} as its issuer, but was not signed by the key of the one that is there; it is forged, or of a CA of the same name`,
    'too-long': `the chain of ${top.subject} has more than ${links.length - 1} certificates above the first; no such chain is accepted`,
  };
  return [{ code: end, index: links.length - 1, message: messages[end] }];
}

function revocationProblems(
  { links, end }: Chain,
  { lookup, requiresAnswer }: NonNullable<VerifyRequest['revocation']>,
): VerifyProblem[] {
  const asked = end === 'anchored' ? links.slice(0, -1) : links;
  return asked.flatMap(({ certificate }, index) => {
    const { subject, issuer } = describeX509(certificate);
    const verdict = lookup(certificate);
    if (verdict.kind === 'revoked')
      return [
        {
          code: 'revoked',
          index,
          message: `${subject} was revoked on ${isoTime(verdict.at)} (${verdict.reason}); issue another`,
        },
      ];
    return verdict.kind === 'unknown' && requiresAnswer
      ? [
          {
            code: 'crl-missing',
            index,
            message: `there is no current revocation list of ${issuer} for ${subject}; get one`,
          },
        ]
      : [];
  });
}
