import { isoTime } from '../../kernel/clock.ts';
import { isPrintable } from '../../kernel/printable.ts';
import { constrainedNames, type NameConstraints, outsideConstraints } from '../x509/name-constraints.ts';
import type { AltName, SubjectName } from '../x509/names.ts';
import type { ExtendedUse, Profile } from '../x509/profile.ts';
import type { IssuingRule } from './issuing-rules.ts';

/** Clocks differ: a certificate counts from a little before it is made, so that no device finds it not yet valid. */
const backdateMs = 300_000;
/** More names than this are no device and no server; each of them costs every peer at every handshake. */
export const maxAltNames = 100;

/** What is asked for. */
export interface IssueRequest {
  readonly profile: Profile;
  readonly subject: SubjectName;
  readonly altNames?: readonly AltName[];
  /** Milliseconds since the epoch; when left out 5 minutes ago, but not before its issuer. */
  readonly notBefore?: number;
  /** Milliseconds since the epoch; when left out the life of the profile, cut at the end of the issuer's. */
  readonly notAfter?: number;
  /** Where the issuer publishes its revocation list (RFC 5280 4.2.1.13). */
  readonly crlUrls?: readonly string[];
  /** For a CA: the names that it may certify. */
  readonly constraints?: NameConstraints;
}

/** What an issuer's certificate says that limits what it may issue. */
export interface IssuerFacts {
  readonly subject: string;
  readonly isCa: boolean;
  readonly pathLength: number | undefined;
  /** Milliseconds since the epoch; undefined is always. */
  readonly notBefore?: number;
  readonly notAfter: number;
  /** False where its key usage leaves keyCertSign out. */
  readonly signsCertificates?: boolean;
  /** Undefined is any (RFC 5280 4.2.1.12). */
  readonly extendedUses?: readonly ExtendedUse[] | undefined;
  /** A sentence where it has constraints that cannot be kept here. */
  readonly constraints?: NameConstraints | string | undefined;
}

/** A certificate before it is signed: everything decided but the keys. */
export interface Draft {
  readonly profile: Profile;
  readonly subject: SubjectName;
  readonly altNames: readonly AltName[];
  readonly crlUrls: readonly string[];
  readonly constraints: NameConstraints | undefined;
  /** When it is made. */
  readonly issuedAt: number;
  readonly notBefore: number;
  readonly notAfter: number;
  /** Hex, 16 to 20 octets, positive (RFC 5280 4.1.2.2). */
  readonly serialNumber: string;
}

/** One rule of issuing. @returns why the certificate must not be issued, or undefined. */
export type DraftCheck = (draft: Draft, issuer: IssuerFacts | undefined) => string | undefined;

/** Fills in what the request leaves open. @param issuer undefined for a root, which signs itself. */
export function draftOf(
  request: IssueRequest,
  issuer: IssuerFacts | undefined,
  { now, serial }: { readonly now: () => number; readonly serial: () => string },
): Draft {
  const natural = now() + request.profile.lifetimeMs;
  return {
    profile: request.profile,
    subject: request.subject,
    altNames: request.altNames ?? [],
    crlUrls: request.crlUrls ?? [],
    constraints: request.constraints,
    issuedAt: now(),
    notBefore: wholeSeconds(request.notBefore ?? Math.max(now() - backdateMs, issuer?.notBefore ?? 0)),
    notAfter: wholeSeconds(request.notAfter ?? Math.min(natural, issuer?.notAfter ?? natural)),
    serialNumber: serial(),
  };
}

const wholeSeconds = (ms: number): number => Math.floor(ms / 1_000) * 1_000;

/** Zero width, and needed by some scripts. */
const joiners = /[\u200c\u200d]/g;

const subjectIsPrintable: DraftCheck = ({ subject }) => {
  const { commonName, organization } = subject;
  if (commonName.length < 1 || commonName.length > 64)
    return `the common name "${commonName.slice(0, 80)}" has ${commonName.length} characters; 1 to 64 are allowed`;
  if (organization !== undefined && (organization.length < 1 || organization.length > 64))
    return `the organization has ${organization.length} characters; 1 to 64 are allowed`;
  const isShownWhole = isPrintable((commonName + (organization ?? '')).replace(joiners, ''));
  return isShownWhole ? undefined : 'the subject holds control characters; use printable ones';
};

const altNamesArePresent: DraftCheck = ({ profile, altNames }) =>
  profile.needsAltNames && altNames.length === 0
    ? `a ${profile.name} certificate needs at least one DNS name or IP address`
    : undefined;

const altNamesAreFew: DraftCheck = ({ altNames }) =>
  altNames.length > maxAltNames
    ? `${altNames.length} alternative names are asked for; at most ${maxAltNames} are allowed`
    : undefined;

/** A name with such characters shows one thing to a person and another to a program. */
const altNamesArePlain: DraftCheck = ({ altNames }) => {
  const odd = altNames.find(({ value }) => value === '' || !/^[!-~]+$/.test(value));
  return odd && `the alternative name ${JSON.stringify(odd.value.slice(0, 80))} is not printable ASCII without spaces`;
};

/** RFC 5280 4.2.1.10: outside of these names every peer would refuse the certificate. */
const namesAreInsideIssuer: DraftCheck = ({ altNames, subject }, issuer) => {
  const limits = issuer?.constraints;
  if (issuer === undefined || limits === undefined) return undefined;
  if (typeof limits === 'string') return `${issuer.subject} has name constraints, and ${limits}`;
  const outside = outsideConstraints(constrainedNames(altNames, subject.commonName), limits);
  return outside && `${issuer.subject} may not certify the name ${outside.value} (name constraints)`;
};

const validityIsOrdered: DraftCheck = ({ notBefore, notAfter }) =>
  notBefore < notAfter
    ? undefined
    : `its validity would end (${isoTime(notAfter)}) before it begins (${isoTime(notBefore)})`;

/** A certificate that outlives its issuer fails on the day the issuer ends, which nobody expects of its own date. */
const endsBeforeIssuer: DraftCheck = ({ notAfter }, issuer) =>
  issuer !== undefined && notAfter > issuer.notAfter
    ? `it would be valid until ${isoTime(notAfter)}, longer than its issuer ${issuer.subject} (${isoTime(issuer.notAfter)})`
    : undefined;

/** Also what stands between a clock that was set back and certificates that nobody accepts. */
const issuerIsInForce: DraftCheck = ({ issuedAt }, issuer) => {
  if (issuer === undefined) return undefined;
  if (issuedAt > issuer.notAfter)
    return `its issuer ${issuer.subject} expired on ${isoTime(issuer.notAfter)}; renew that first`;
  return issuer.notBefore !== undefined && issuedAt < issuer.notBefore
    ? `the clock says ${isoTime(issuedAt)}, but its issuer ${issuer.subject} is valid from ${isoTime(issuer.notBefore)} on; set the clock of this machine right`
    : undefined;
};

const issuerMayIssue: DraftCheck = ({ profile }, issuer) => {
  if (issuer === undefined) return undefined;
  if (!issuer.isCa) return `${issuer.subject} is not a CA certificate and cannot issue others`;
  if (issuer.signsCertificates === false)
    return `${issuer.subject} may not sign certificates (key usage without keyCertSign); have it certified again with that`;
  return profile.isCa && issuer.pathLength === 0
    ? `${issuer.subject} may issue end certificates only, not another CA (path length 0)`
    : undefined;
};

/** A CA that is limited to a use passes the limit on to what it issues, as peers see it. */
const usesFitIssuer: DraftCheck = ({ profile }, issuer) => {
  const missing = issuer?.extendedUses && profile.extendedUses.find((use) => !issuer.extendedUses?.includes(use));
  return missing && `${issuer?.subject} may not issue certificates for ${missing} (extended key usage)`;
};

const serialIsSound: DraftCheck = ({ serialNumber }) =>
  /^[0-7][0-9a-f](?:[0-9a-f]{2}){15,19}$/.test(serialNumber) && !serialNumber.startsWith('00')
    ? undefined
    : `the serial number ${serialNumber} is not a positive number of 16 to 20 octets`;

/** Every rule, in the order in which they are tried. */
export const draftChecks: readonly (readonly [rule: IssuingRule, check: DraftCheck])[] = [
  ['name-form', subjectIsPrintable],
  ['no-alt-names', altNamesArePresent],
  ['many-alt-names', altNamesAreFew],
  ['alt-name-form', altNamesArePlain],
  ['issuer-validity', issuerIsInForce],
  ['validity', validityIsOrdered],
  ['outlives-issuer', endsBeforeIssuer],
  ['name-constraints', namesAreInsideIssuer],
  ['issuer-not-a-ca', issuerMayIssue],
  ['issuer-purpose', usesFitIssuer],
  ['serial-number', serialIsSound],
];
