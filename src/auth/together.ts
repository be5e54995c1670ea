import type { Acceptance, AuthenticationRequest, AuthenticationVerdict, Authenticator } from '../broker/ports.ts';

type Answer = ReturnType<Authenticator['authenticate']>;

export interface TogetherOptions {
  /** All must name the same client. */
  readonly areOne: boolean;
}

/**
 * Asks all of them, in this order: a client must satisfy each. The first names it and vouches for it. Where one rejects
 * it is refused, and where one has nothing to go by, none of them says anything.
 */
export function together(providers: readonly Authenticator[], options: TogetherOptions): Authenticator {
  const [only] = providers;
  if (providers.length === 1 && only !== undefined) return only;
  return { authenticate: (request) => askFrom(0, undefined, { providers, request, options }) };
}

interface Asked {
  readonly providers: readonly Authenticator[];
  readonly request: AuthenticationRequest;
  readonly options: TogetherOptions;
}

/** @param so by those before `index` */
function askFrom(index: number, so: Acceptance | undefined, asked: Asked): Answer {
  const provider = asked.providers[index];
  if (provider === undefined) return so ?? { kind: 'abstain' };
  const next = (verdict: AuthenticationVerdict): Answer => {
    if (verdict.kind !== 'accept') return verdict;
    const both = so === undefined ? verdict : bothOf(so, verdict, asked.options);
    return both.kind === 'accept' ? askFrom(index + 1, both, asked) : both;
  };
  const answer = provider.authenticate(asked.request);
  if (typeof answer !== 'function') return next(answer);
  return async (signal) => {
    const later = next(await answer(signal));
    return typeof later === 'function' ? later(signal) : later;
  };
}

function bothOf(first: Acceptance, second: Acceptance, { areOne }: TogetherOptions): AuthenticationVerdict {
  if (areOne && first.principal !== second.principal)
    return {
      kind: 'reject',
      code: 'not-authorized',
      reason: `not authorized: it is "${first.principal}" by one proof and "${second.principal}" by the other, and access.certificate.bind ties a certificate to one client`,
    };
  const attributes = { ...attributesOf(first, second) };
  const data = first.data ?? second.data;
  const ends = [first, second].flatMap(({ expiresAtMs }) => expiresAtMs ?? []);
  return {
    ...first,
    ...(ends.length === 0 ? {} : { expiresAtMs: Math.min(...ends) }),
    ...(data === undefined ? {} : { data }),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    ...(first.isPasswordChecked === true || second.isPasswordChecked === true ? { isPasswordChecked: true } : {}),
  };
}

function attributesOf({ attributes: first }: Acceptance, { attributes: second }: Acceptance) {
  if (first === undefined || second === undefined) return first ?? second;
  const groups = [...(first.groups ?? []), ...(second.groups ?? [])];
  const claims = { ...second.claims, ...first.claims };
  return { groups: [...new Set(groups)], claims };
}
