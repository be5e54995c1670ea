import { messageOf } from '../kernel/errors.ts';
import { printable } from '../kernel/printable.ts';
import type { CaFolder } from '../pki/folder/ca-folder.ts';
import { crlUrlsOf } from '../pki/issue/ca-request.ts';
import { judgeCsr } from '../pki/issue/csr-checks.ts';
import { brokenByRequest, type IssuingRule } from '../pki/issue/issuing-rules.ts';
import { type CsrFacts, readCsr } from '../pki/x509/csr.ts';
import { profiles } from '../pki/x509/profile.ts';
import type { EnrollmentRefusal, EnrollmentRequest } from './outcome.ts';
import { type Grant, lifetimeOf, nameProblemOf, type OwnIdentity } from './policy.ts';
import type { EnrollmentOptions } from './schema.ts';

/** A request that nothing stands against. */
export interface Judged {
  readonly asked: ReturnType<typeof judgeCsr>;
  /** Undefined where the request leaves it open. */
  readonly lifetimeMs: number | undefined;
}

export interface JudgeContext {
  readonly folder: CaFolder;
  readonly options: EnrollmentOptions;
  readonly grant: Grant;
  /** Must be the common name of the request. */
  readonly userName?: string | undefined;
  /** Whose names the certificate will have, whatever the request leaves out. */
  readonly identity?: OwnIdentity;
}

/** Tries every rule; nothing is issued or used up. @throws AppError `issuing-refused`, which `refusalOf` understands. */
export function judgeRequest(
  { csr, lifetime }: Pick<EnrollmentRequest, 'csr' | 'lifetime'>,
  { folder, options, grant, userName, identity }: JudgeContext,
): Judged | EnrollmentRefusal {
  const lifetimeMs = lifetimeOf(lifetime, grant);
  if (typeof lifetimeMs === 'object') return lifetimeMs;
  const read = readCsr(csr);
  const facts = typeof read === 'string' ? undefined : read;
  const names =
    identity === undefined
      ? { organization: options.organization, nameProblem: nameProblemOf(grant, facts?.commonName) }
      : namesOf(identity);
  const crlUrls = crlUrlsOf(folder.options.crlUrl, 'intermediate-ca');
  const asked = judgeCsr(csr, { profile: profiles.client, crlUrls, ...names }, 'the request');
  if (userName !== undefined && userName !== facts?.commonName) {
    const shown = printable(userName.slice(0, 80));
    const reason = `the user name "${shown}" is not the common name of the request; make them the same`;
    return { kind: 'forbidden', reason };
  }
  const other = identity && facts && otherNames(facts, identity);
  return other === undefined ? { asked, lifetimeMs } : { kind: 'forbidden', reason: other };
}

const namesOf = ({ commonName, organization, altNames }: OwnIdentity) => ({
  commonName,
  altNames,
  ...(organization === undefined ? {} : { organization }),
});

/** RFC 7030 4.2.2: the names of the request are those of the certificate; one that says nothing of them gets them. */
function otherNames(csr: CsrFacts, { commonName, organization, altNames }: OwnIdentity): string | undefined {
  const reason = `the request must have the names of the certificate ("${printable(commonName)}") or none`;
  if (csr.commonName !== undefined && csr.commonName !== commonName) return `${reason}: its common name is another`;
  if (csr.organization !== undefined && csr.organization !== organization)
    return `${reason}: its organization is another`;
  const key = (name: OwnIdentity['altNames'][number] | undefined): string =>
    `${name?.type}:${name?.type === 'dns' ? name.value.toLowerCase() : name?.value}`;
  const had = new Set(altNames.map(key));
  const asked = new Set(csr.altNames.map(key));
  const isSame = asked.size === 0 || (asked.size === had.size && [...asked].every((name) => had.has(name)));
  return isSame ? undefined : `${reason}: its alternative names are others`;
}

/** What somebody else may have; the other rules say how to ask. */
const forbidden: ReadonlySet<IssuingRule> = new Set(['name-forbidden', 'outlives-issuer', 'name-constraints']);

/** What to tell whoever asked. @returns undefined for what is no fault of the request. */
export function refusalOf(cause: unknown): EnrollmentRefusal | undefined {
  const rule = brokenByRequest(cause);
  return rule && { kind: forbidden.has(rule) ? 'forbidden' : 'malformed', reason: messageOf(cause) };
}
