import type { AuthenticationRequest, AuthenticationVerdict } from '../../broker/ports.ts';
import type { Clock } from '../../kernel/clock.ts';
import { type AnswerContext, readServiceAnswer } from '../outside/answer.ts';
import type { HttpAnswer, HttpClient } from '../outside/http-client.ts';
import type { Service } from '../outside/service-authenticator.ts';
import { readHttpAnswer } from './read-answer.ts';
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
      const { method, url, headers, body = '' } = filled;
      return {
        kind: 'question',
        parts: [method, url, JSON.stringify(headers), body],
        async ask(signal) {
          const answer = await http.send(filled, signal);
          return typeof answer === 'string'
            ? answer
            : read(answer, contextOf(request, template.hasPassword, clock.now()));
        },
      };
    },
  };
}

const contextOf = (
  { clientId, connect }: AuthenticationRequest,
  isPasswordChecked: boolean,
  nowMs: number,
): AnswerContext => ({
  principal: connect.username === undefined || connect.username === '' ? clientId : connect.username,
  trust: 'http',
  isPasswordChecked,
  nowMs,
});

function read(answer: HttpAnswer, context: AnswerContext): AuthenticationVerdict | string {
  const said = readHttpAnswer(answer);
  if (typeof said === 'string') return said;
  if (said.kind === 'fields') return readServiceAnswer(said.fields, context);
  return { kind: 'abstain', reason: `access.http does not know it (HTTP status ${answer.status})` };
}
