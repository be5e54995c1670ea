import { isoTime } from '../kernel/clock.ts';
import type { AltName, SubjectName } from './names.ts';
import type { Profile } from './profile.ts';

/** Clocks differ: a certificate counts from a little before it is made, so that no device finds it not yet valid. */
const backdateMs = 300_000;

/** What is asked for. */
export interface IssueRequest {
  readonly profile: Profile;
  readonly subject: SubjectName;
  readonly altNames?: readonly AltName[];
  /** Milliseconds since the epoch; 5 minutes ago when left out. */
  readonly notBefore?: number;
  /** Milliseconds since the epoch; when left out the life of the profile, cut at the end of the issuer's. */
  readonly notAfter?: number;
}

/** What an issuer's certificate says that limits what it may issue. */
export interface IssuerFacts {
  readonly subject: string;
  readonly isCa: boolean;
  readonly pathLength: number | undefined;
  readonly notAfter: number;
}

/** A certificate before it is signed: everything decided but the keys. */
export interface Draft {
  readonly profile: Profile;
  readonly subject: SubjectName;
  readonly altNames: readonly AltName[];
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
    notBefore: wholeSeconds(request.notBefore ?? now() - backdateMs),
    notAfter: wholeSeconds(request.notAfter ?? Math.min(natural, issuer?.notAfter ?? natural)),
    serialNumber: serial(),
  };
}

const wholeSeconds = (ms: number): number => Math.floor(ms / 1_000) * 1_000;

export const subjectIsPrintable: DraftCheck = ({ subject }) => {
  const { commonName, organization } = subject;
  if (commonName.length < 1 || commonName.length > 64)
    return `the common name "${commonName.slice(0, 80)}" has ${commonName.length} characters; 1 to 64 are allowed`;
  const hasControl = /\p{Cc}/u.test(commonName + (organization ?? ''));
  return hasControl ? 'the subject holds control characters; use printable ones' : undefined;
};

export const altNamesArePresent: DraftCheck = ({ profile, altNames }) =>
  profile.needsAltNames && altNames.length === 0
    ? `a ${profile.name} certificate needs at least one DNS name or IP address`
    : undefined;

export const validityIsOrdered: DraftCheck = ({ notBefore, notAfter }) =>
  notBefore < notAfter
    ? undefined
    : `its validity would end (${isoTime(notAfter)}) before it begins (${isoTime(notBefore)})`;

/** A certificate that outlives its issuer fails on the day the issuer ends, which nobody expects of its own date. */
export const endsBeforeIssuer: DraftCheck = ({ notAfter }, issuer) =>
  issuer !== undefined && notAfter > issuer.notAfter
    ? `it would be valid until ${isoTime(notAfter)}, longer than its issuer ${issuer.subject} (${isoTime(issuer.notAfter)})`
    : undefined;

export const issuerMayIssue: DraftCheck = ({ profile }, issuer) => {
  if (issuer === undefined) return undefined;
  if (!issuer.isCa) return `${issuer.subject} is not a CA certificate and cannot issue others`;
  return profile.isCa && issuer.pathLength === 0
    ? `${issuer.subject} may issue end certificates only, not another CA (path length 0)`
    : undefined;
};

export const serialIsSound: DraftCheck = ({ serialNumber }) =>
  /^[0-7][0-9a-f](?:[0-9a-f]{2}){15,19}$/.test(serialNumber) && !serialNumber.startsWith('00')
    ? undefined
    : `the serial number ${serialNumber} is not a positive number of 16 to 20 octets`;

/** Every rule, in the order in which they are tried. */
export const draftChecks: readonly DraftCheck[] = [
  subjectIsPrintable,
  altNamesArePresent,
  validityIsOrdered,
  endsBeforeIssuer,
  issuerMayIssue,
  serialIsSound,
];
