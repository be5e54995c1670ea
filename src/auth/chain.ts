import type { Abstention, AuthenticationRequest, Authenticator } from '../broker/ports.ts';

type Answer = ReturnType<Authenticator['authenticate']>;

/**
 * Asks one after the other until one accepts or rejects; where all abstain the client is refused, with what they said.
 * What is known at once is answered at once: a question begins only where one of them has to ask elsewhere.
 */
export const createChain = (providers: readonly Authenticator[]): Authenticator => ({
  authenticate: (request) => askFrom(0, providers, request, []),
});

/** @param said by those that abstained */
function askFrom(
  first: number,
  providers: readonly Authenticator[],
  request: AuthenticationRequest,
  said: readonly string[],
): Answer {
  let reasons = said;
  for (let index = first; index < providers.length; index += 1) {
    const answer = providers[index]!.authenticate(request);
    if (typeof answer === 'function')
      return async (signal) => {
        const verdict = await answer(signal);
        if (verdict.kind !== 'abstain') return verdict;
        const next = askFrom(index + 1, providers, request, withReason(reasons, verdict));
        return typeof next === 'function' ? next(signal) : next;
      };
    if (answer.kind !== 'abstain') return answer;
    reasons = withReason(reasons, answer);
  }
  return {
    kind: 'reject',
    code: 'not-authorized',
    reason: `not authorized: ${reasons.join('; ') || 'nobody knows who it is'}`,
  };
}

const withReason = (reasons: readonly string[], { reason }: Abstention): readonly string[] =>
  reason === undefined ? reasons : [...reasons, reason];
