import { readAccessAnswer } from '../outside/access-answer.ts';
import type { HttpClient } from '../outside/http-client.ts';
import type { AccessService } from '../outside/service-authorizer.ts';
import type { AccessInquiry } from './placeholders.ts';
import { readHttpAnswer } from './read-answer.ts';
import type { RequestTemplate } from './request-template.ts';

export interface HttpAccessServiceDeps {
  readonly template: RequestTemplate<AccessInquiry>;
  readonly http: Pick<HttpClient, 'send'>;
}

/** A server that is asked what clients may do, as EMQX 5 asks one. */
export const httpAccessService = ({ template, http }: HttpAccessServiceDeps): AccessService => ({
  name: 'http.authorize',
  questionOf(client, request) {
    const filled = template.requestFor({ client, request });
    if (typeof filled === 'string') return undefined;
    const { method, url, headers, body = '' } = filled;
    return {
      kind: 'question',
      parts: [method, url, JSON.stringify(headers), body],
      async ask(signal) {
        const answer = await http.send(filled, signal);
        const said = typeof answer === 'string' ? answer : readHttpAnswer(answer);
        if (typeof said === 'string') return said;
        return said.kind === 'fields' ? readAccessAnswer(said.fields) : { result: 'ignore' };
      },
    };
  },
});
