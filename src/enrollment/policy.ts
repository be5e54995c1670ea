import { X509Certificate } from 'node:crypto';
import { isoTime } from '../kernel/clock.ts';
import { formatDuration, parseDuration } from '../kernel/duration.ts';
import { AppError } from '../kernel/errors.ts';
import { printable } from '../kernel/printable.ts';
import type { CaFolder } from '../pki/folder/ca-folder.ts';
import type { LedgerEntry } from '../pki/folder/ledger.ts';
import { entryOfOwn } from '../pki/folder/operations.ts';
import { renewalOf } from '../pki/folder/renew.ts';
import { describeX509 } from '../pki/x509/inspect.ts';
import { type AltName } from '../pki/x509/names.ts';
import type { EnrollmentRefusal } from './outcome.ts';
import { fitsNamePattern, fitsPattern } from './patterns.ts';
import type { EnrollmentOptions } from './schema.ts';
import type { Token } from './tokens.ts';

/** What an identity may ask for. */
export interface Grant {
  /** For the ledger: `est token 3f9a1c02`. */
  readonly by: string;
  readonly commonNames: readonly string[];
  readonly names: readonly string[];
  readonly maxLifetimeMs: number;
}

/** An identity that exists already: its names, which it may always ask for again. */
export interface OwnIdentity {
  readonly entry: LedgerEntry;
  readonly commonName: string;
  readonly organization: string | undefined;
  readonly altNames: readonly AltName[];
}

export const tokenGrant = (token: Token, via: string, options: EnrollmentOptions): Grant => ({
  by: `${via} token ${token.id}`,
  commonNames: [token.commonName],
  names: token.names,
  maxLifetimeMs: Math.min(token.maxLifetimeMs ?? options.maxLifetime, options.maxLifetime),
});

/** What the rules of the configuration let the holder of a certificate ask for, besides its own names. */
export function certificateGrant({ commonName }: OwnIdentity, via: string, options: EnrollmentOptions): Grant {
  const rules = options.rules.filter(({ identity }) => fitsPattern(identity, commonName));
  return {
    by: `${via} certificate ${commonName}`,
    commonNames: rules.flatMap(({ commonNames }) => commonNames),
    names: rules.flatMap(({ names }) => names),
    maxLifetimeMs: options.maxLifetime,
  };
}

/** @returns why the name may not be had, or undefined. A DNS name that is the common name goes with it. */
export const nameProblemOf =
  (grant: Grant, commonName: string | undefined) =>
  ({ type, value }: { readonly type: AltName['type'] | 'commonName'; readonly value: string }): string | undefined => {
    if (type === 'commonName')
      return grant.commonNames.some((pattern) => fitsPattern(pattern, value))
        ? undefined
        : `${grant.by} may ask for ${listed(grant.commonNames)} only`;
    const isItself = type === 'dns' && value.toLowerCase() === commonName?.toLowerCase();
    if (isItself || grant.names.some((pattern) => fitsNamePattern(pattern, { type, value }))) return undefined;
    return `${grant.by} may ask for ${grant.names.length === 0 ? 'no alternative names but its common name' : `${listed(grant.names)} only`}`;
  };

const listed = (patterns: readonly string[]): string =>
  patterns.length === 0 ? 'its own names' : patterns.map((pattern) => `"${pattern}"`).join(', ');

/** Reads the life that was asked for. @returns milliseconds, undefined for none, or the refusal. */
export function lifetimeOf(
  text: string | undefined,
  { maxLifetimeMs, by }: Grant,
): number | undefined | EnrollmentRefusal {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === undefined || ms < 60_000)
    return {
      kind: 'malformed',
      reason: `"${printable(text.slice(0, 40))}" is no lifetime; write 1m or more, e.g. 90d`,
    };
  if (ms <= maxLifetimeMs) return ms;
  return {
    kind: 'forbidden',
    reason: `a lifetime of ${formatDuration(ms)} is too long; ${by} may ask for ${formatDuration(maxLifetimeMs)} at most`,
  };
}

/** Whose certificate this is, if a CA of this folder issued it for a client and it still counts. */
export async function ownIdentity(folder: CaFolder, pem: string): Promise<OwnIdentity | EnrollmentRefusal> {
  const certificate = new X509Certificate(pem);
  const { subject, isCa, allows, notAfter } = describeX509(certificate);
  const now = folder.options.now();
  if (isCa || !allows.clientAuth)
    return { kind: 'forbidden', reason: `${subject} is no client certificate; ask with one, or with a token` };
  if (now > notAfter)
    return { kind: 'forbidden', reason: `${subject} has expired on ${isoTime(notAfter)}; ask with a token` };
  try {
    const entry = await entryOfOwn(folder, pem);
    if (entry.revokedAt !== undefined)
      return {
        kind: 'forbidden',
        reason: `${subject} was revoked on ${isoTime(entry.revokedAt)} (${entry.reason}); ask with a token and a new key`,
      };
    const { subject: name, altNames = [] } = renewalOf(certificate);
    return { entry, commonName: name.commonName, organization: name.organization, altNames };
  } catch (cause) {
    if (cause instanceof AppError && (cause.code === 'verification-failed' || cause.code === 'issuing-refused'))
      return { kind: 'forbidden', reason: `${subject} may not ask for a certificate: ${cause.message}` };
    throw cause;
  }
}
