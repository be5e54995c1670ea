import type { Acceptance, AuthenticationRequest, AuthenticationVerdict } from '../../broker/ports.ts';
import { principalFault } from '../principal.ts';

/** What an answer is read for. */
export interface AnswerContext {
  /** Who the client is where the answer does not name it otherwise. */
  readonly principal: string;
  /** Who is asked; vouches for the client. */
  readonly trust: string;
  readonly isPasswordChecked: boolean;
  readonly nowMs: number;
}

/** Who a client is where a service that allows it does not say otherwise: its user name, or its client id where it has none. */
export const principalAsked = ({ clientId, connect: { username = '' } }: AuthenticationRequest): string =>
  username === '' ? clientId : username;

/** Fields that would bind a client more than it is bound without them, and that are not known here. */
const binding = ['acl', 'clientid_override'] as const;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The answer of a service about a client, as EMQX 5 has it: `result` with `is_superuser`, `client_attrs` and `expire_at`;
 * `username` and `groups` beside it name the client otherwise and put it into groups. What is wrong with one client's answer
 * refuses that client alone.
 * @returns the sentence that says why it is no answer at all
 */
export function readServiceAnswer(answer: unknown, context: AnswerContext): AuthenticationVerdict | string {
  if (!isObject(answer)) return 'its answer is no object';
  const { result } = answer;
  const { trust } = context;
  if (result === 'deny') return { kind: 'reject', code: 'not-authorized', reason: `access.${trust} denies it` };
  if (result === 'ignore' || result === undefined)
    return { kind: 'abstain', reason: `access.${trust} does not know it` };
  if (result !== 'allow') return 'its answer has another "result" than allow, deny and ignore';
  const accepted = acceptanceOf(answer, context);
  if (typeof accepted !== 'string') return accepted;
  return { kind: 'reject', code: 'not-authorized', reason: `access.${trust} allows it, but ${accepted}` };
}

function acceptanceOf(
  answer: Fields,
  { principal, trust, isPasswordChecked, nowMs }: AnswerContext,
): Acceptance | string {
  const unknown = binding.find((name) => answer[name] !== undefined && answer[name] !== null);
  if (unknown !== undefined)
    return `its answer has "${unknown}", which cannot be heeded; leave it out, and write access.rules`;
  const { username = principal } = answer;
  if (typeof username !== 'string') return 'its answer has a "username" that is no text';
  const fault = principalFault(username);
  if (fault !== undefined) return `the name ${fault}`;
  const expiresAtMs = expiryOf(answer, nowMs);
  if (typeof expiresAtMs === 'string') return expiresAtMs;
  const groups = groupsOf(answer);
  if (typeof groups === 'string') return groups;
  const claims = claimsOf(answer);
  if (typeof claims === 'string') return claims;
  return {
    kind: 'accept',
    principal: username,
    trust,
    attributes: { groups, claims },
    ...(isPasswordChecked ? { isPasswordChecked: true } : {}),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  };
}

/** Seconds since the epoch. */
function expiryOf({ expire_at: seconds }: Fields, nowMs: number): number | undefined | string {
  if (seconds === undefined || seconds === null) return undefined;
  if (typeof seconds !== 'number' || !Number.isInteger(seconds)) return 'its "expire_at" is no integer';
  if (seconds * 1_000 <= nowMs) return 'its "expire_at" is in the past';
  return seconds * 2 > nowMs ? 'its "expire_at" does not seem to be in seconds since 1970' : seconds * 1_000;
}

function groupsOf({ groups = [] }: Fields): readonly string[] | string {
  if (Array.isArray(groups) && groups.every((group) => typeof group === 'string')) return groups;
  return 'its "groups" are no list of texts';
}

/** Rules ask for them as for those of a token; `is_superuser` is one of them, as nobody is past the rules. */
function claimsOf({ client_attrs: attributes = {}, is_superuser: superuser }: Fields): Fields | string {
  if (!isObject(attributes)) return 'its "client_attrs" are no object';
  const isSuperuser = [true, 'true', 1, '1'].some((yes) => yes === superuser);
  return { ...attributes, is_superuser: isSuperuser };
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
