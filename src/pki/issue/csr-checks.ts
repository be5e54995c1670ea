import type { KeyObject } from 'node:crypto';
import { printable } from '../../kernel/printable.ts';
import { type CsrFacts, provesPossession, readCsr } from '../x509/csr.ts';
import { keyProblem } from '../x509/keys.ts';
import { type AltName, parseSubjectAltName } from '../x509/names.ts';
import type { Profile } from '../x509/profile.ts';
import { signatureProblem } from '../x509/signatures.ts';
import { type IssueRequest, maxAltNames } from './draft.ts';
import { type IssuingRule, issuingRefused } from './issuing-rules.ts';

/** Who may have what: the side of the CA decides, a request only asks. */
export interface CsrPolicy {
  readonly profile: Profile;
  /** The common name that is issued whatever the request says; when left out the request's own. */
  readonly commonName?: string;
  /** Organization of the certificate; the request's is never taken over. */
  readonly organization?: string;
  /** The alternative names that are issued whatever the request says; when left out the request's own. */
  readonly altNames?: readonly AltName[];
  /** @returns why this requester may not have the name, or undefined. Asked for the common name and each other name. */
  readonly nameProblem?: (name: {
    readonly type: AltName['type'] | 'commonName';
    readonly value: string;
  }) => string | undefined;
  /** Milliseconds since the epoch; the life of the profile when left out. */
  readonly notAfter?: number;
  readonly crlUrls?: readonly string[];
}

/** One rule for requests. @returns why the request is refused, or undefined. */
type CsrCheck = (csr: CsrFacts, policy: CsrPolicy) => string | undefined;

const signatureIsStrong: CsrCheck = ({ signed }) => {
  const problem = signatureProblem(signed.algorithm);
  return problem && `it ${problem}`;
};

const keyIsStrong: CsrCheck = ({ publicKey }) => keyProblem(publicKey);

/** RFC 2986 4.2: otherwise anybody could have the key of another certified as his own. */
const possessionIsProven: CsrCheck = (csr) =>
  provesPossession(csr)
    ? undefined
    : 'its signature was not made with the key that it wants certified; make the request again with that key';

const caIsNotAskedFor: CsrCheck = ({ asksForCa }, { profile }) =>
  asksForCa && !profile.isCa
    ? `it asks for a CA (basicConstraints CA:TRUE), but a ${profile.name} certificate is an end certificate; take that out of the request`
    : undefined;

const useIds: ReadonlyMap<string, string> = new Map([
  ['1.3.6.1.5.5.7.3.1', 'serverAuth'],
  ['1.3.6.1.5.5.7.3.2', 'clientAuth'],
]);

const usesFitProfile: CsrCheck = ({ extendedUses = [] }, { profile }) => {
  if (profile.isCa) return undefined;
  const allowed: readonly string[] = profile.extendedUses;
  const other = extendedUses.map((id) => useIds.get(id) ?? id).find((use) => !allowed.includes(use));
  return (
    other && `it asks for the extended key usage ${other}; a ${profile.name} certificate has ${allowed.join(', ')} only`
  );
};

const altNamesAreKnown: CsrCheck = ({ altNames }, policy) => {
  if (altNames.length > maxAltNames)
    return `it asks for ${altNames.length} alternative names; at most ${maxAltNames} are allowed`;
  return policy.altNames === undefined && altNames.includes(undefined)
    ? 'it asks for an alternative name of a kind that is not issued here; use DNS names, IP addresses, e-mail addresses and URIs'
    : undefined;
};

/** A name that the options of a command would refuse is refused here too. */
const altNamesAreSound: CsrCheck = ({ altNames }, policy) => {
  if (policy.altNames !== undefined) return undefined;
  const problem = altNames.map(soundName).find((name) => typeof name === 'string');
  return problem && `it asks for the alternative name ${printable(problem)}`;
};

/** The name in the form that is issued: lower case, no dot at the end. */
const soundName = (name: AltName | undefined): AltName | string | undefined =>
  name && parseSubjectAltName(`${name.type === 'url' ? 'uri' : name.type}:${name.value}`);

/** What is issued: the names of the policy, or those that the request asks for. */
const issuedNames = (csr: CsrFacts, policy: CsrPolicy): readonly AltName[] =>
  policy.altNames ?? csr.altNames.map(soundName).filter((name) => typeof name === 'object');

const commonNameIsThere: CsrCheck = ({ commonName }, policy) =>
  (policy.commonName ?? commonName) === undefined
    ? 'it has no common name, or several; give it exactly one'
    : undefined;

const namesAreAllowed: CsrCheck = (csr, policy) => {
  const { nameProblem } = policy;
  if (nameProblem === undefined) return undefined;
  const commonName = { type: 'commonName', value: policy.commonName ?? csr.commonName ?? '' } as const;
  for (const name of [commonName, ...issuedNames(csr, policy)]) {
    const problem = nameProblem(name);
    if (problem !== undefined) return `the name ${printable(name.value.slice(0, 80))} is refused: ${problem}`;
  }
  return undefined;
};

/** Every rule, the cheap ones first, in the order in which they are tried. */
const csrChecks: readonly (readonly [rule: IssuingRule, check: CsrCheck])[] = [
  ['alt-name-kind', altNamesAreKnown],
  ['alt-name-form', altNamesAreSound],
  ['no-common-name', commonNameIsThere],
  ['asks-for-ca', caIsNotAskedFor],
  ['purpose', usesFitProfile],
  ['weak-key', keyIsStrong],
  ['weak-signature', signatureIsStrong],
  ['no-possession', possessionIsProven],
  ['name-forbidden', namesAreAllowed],
];

/**
 * Judges a request by a policy.
 * @param bytes PEM or DER. @param what names it in messages, e.g. its path.
 * @returns what is to be issued, for which key. @throws AppError `issuing-refused` with the rule that stands against it.
 */
export function judgeCsr(
  bytes: Buffer,
  policy: CsrPolicy,
  what: string,
): { readonly request: IssueRequest; readonly publicKey: KeyObject } {
  const csr = readCsr(bytes);
  if (typeof csr === 'string') throw issuingRefused('request-unreadable', `${what} ${csr}`);
  for (const [rule, check] of csrChecks) {
    const refusal = check(csr, policy);
    if (refusal !== undefined) throw issuingRefused(rule, `${what} is refused: ${refusal}`);
  }
  const { profile, organization, notAfter, crlUrls } = policy;
  return {
    publicKey: csr.publicKey,
    request: {
      profile,
      subject: {
        commonName: policy.commonName ?? csr.commonName ?? '',
        ...(organization === undefined ? {} : { organization }),
      },
      altNames: issuedNames(csr, policy),
      ...(notAfter === undefined ? {} : { notAfter }),
      ...(crlUrls === undefined ? {} : { crlUrls }),
    },
  };
}
