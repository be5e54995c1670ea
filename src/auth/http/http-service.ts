import type { AuthenticationRequest, AuthenticationVerdict } from '../../broker/ports.ts';
import type { Clock } from '../../kernel/clock.ts';
import { type AnswerContext, principalAsked, readServiceAnswer } from '../outside/answer.ts';
import type { HttpClient } from '../outside/http-client.ts';
import type { Service } from '../outside/service-authenticator.ts';
import { askHttp, partsOfRequest } from './ask-http.ts';
import type { HttpSaid } from './read-answer.ts';
import type { RequestTemplate } from './request-template.ts';

export interface HttpServiceDeps {
  readonly template: RequestTemplate<AuthenticationRequest>;
  readonly http: Pick<HttpClient, 'send'>;
  readonly clock: Clock;
}

/** A server that is asked who a client is, as EMQX 5 asks one. */
export function httpService({ template, http, clock }: HttpServiceDeps): Service {
  return {
    name: 'http.authenticate',
    questionOf(request) {
      if (request.connect.authenticationMethod !== undefined) return { kind: 'abstain' };
      const filled = template.requestFor(request);
      if (typeof filled === 'string') return { kind: 'reject', code: 'bad-credentials', reason: filled };
      return {
        kind: 'question',
        parts: partsOfRequest(filled),
        async ask(signal) {
          const said = await askHttp(http, filled, signal);
          return typeof said === 'string' ? said : read(said, contextOf(request, template.hasPassword, clock.now()));
        },
      };
    },
  };
}

const contextOf = (request: AuthenticationRequest, isPasswordChecked: boolean, nowMs: number): AnswerContext => ({
  principal: principalAsked(request),
  trust: 'http',
  isPasswordChecked,
  nowMs,
});

function read(said: HttpSaid, context: AnswerContext): AuthenticationVerdict | string {
  if (said.kind === 'fields') return readServiceAnswer(said.fields, context);
  return { kind: 'abstain', reason: `access.http does not know it (HTTP status ${said.status})` };
}
