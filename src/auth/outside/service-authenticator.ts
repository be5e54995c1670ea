import type { AuthenticationRequest, AuthenticationVerdict, Authenticator, Rejection } from '../../broker/ports.ts';
import { type AskedService, Asking, type AskingDeps, type Question, type Unanswered } from './asking.ts';
import type { ServiceOptions } from './schema.ts';

/** Someone outside of the broker who knows clients. */
export interface Service {
  readonly name: AskedService<AuthenticationVerdict>['name'];
  /** @returns what to ask; or a verdict where it needs no asking */
  questionOf(request: AuthenticationRequest): Question<AuthenticationVerdict> | AuthenticationVerdict;
}

export interface ServiceAuthenticatorDeps extends AskingDeps {
  readonly service: Service;
}

/** Asks a service who a client is. */
export function createServiceAuthenticator(
  options: Omit<ServiceOptions, 'timeout'>,
  { service, ...deps }: ServiceAuthenticatorDeps,
): Authenticator {
  const { name } = service;
  const asking = new Asking<AuthenticationVerdict>(
    options,
    {
      name,
      outcomeOf: ({ kind }) => outcomes[kind],
      endOf: (verdict) => (verdict.kind === 'accept' ? verdict.expiresAtMs : undefined),
    },
    deps,
  );
  return {
    authenticate(request) {
      const question = service.questionOf(request);
      if (question.kind !== 'question') return question;
      const key = asking.keyOf(question);
      const known = asking.known(key);
      if (known !== undefined) return verdictOf(known);
      return async (signal) => verdictOf(await asking.ask(question, key, signal));
    },
  };
}

const outcomes = { accept: 'allow', reject: 'deny', abstain: 'ignore' } as const;

const verdictOf = (known: { readonly verdict: AuthenticationVerdict } | Unanswered): AuthenticationVerdict =>
  'verdict' in known ? known.verdict : refused(known);

const refused = ({ outcome, reason }: Unanswered): Rejection => ({
  kind: 'reject',
  code: outcome === 'full' ? 'busy' : 'unavailable',
  reason,
});
