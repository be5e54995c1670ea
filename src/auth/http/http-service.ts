import type { AuthenticationRequest, AuthenticationVerdict } from '../../broker/ports.ts';
import type { Clock } from '../../kernel/clock.ts';
import { type AnswerContext, readServiceAnswer } from '../outside/answer.ts';
import type { HttpAnswer, HttpClient } from '../outside/http-client.ts';
import type { Service } from '../outside/service-authenticator.ts';
import { formType, jsonType, type RequestTemplate } from './request-template.ts';

export interface HttpServiceDeps {
  readonly template: RequestTemplate;
  readonly http: Pick<HttpClient, 'send'>;
  readonly clock: Clock;
}

/** What stands before the server says so when that one is away; it is no answer about a client. */
const gatewayStatuses: readonly number[] = [502, 503, 504];

/** A server that is asked who a client is, as EMQX 5 asks one. */
export function httpService({ template, http, clock }: HttpServiceDeps): Service {
  return {
    name: 'http',
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

function read({ status, type, body }: HttpAnswer, context: AnswerContext): AuthenticationVerdict | string {
  if (status === 204) return readServiceAnswer({ result: 'allow' }, context);
  if (gatewayStatuses.includes(status)) return `it answers with HTTP status ${status}`;
  if (status !== 200) return { kind: 'abstain', reason: `access.http does not know it (HTTP status ${status})` };
  if (type.startsWith(formType)) return readServiceAnswer(Object.fromEntries(new URLSearchParams(body)), context);
  if (!type.startsWith(jsonType)) return 'its answer is neither JSON nor a form, by its content-type';
  try {
    return readServiceAnswer(JSON.parse(body), context);
  } catch {
    return 'its answer is not JSON';
  }
}
