import { readAccessAnswer } from '../outside/access-answer.ts';
import type { HttpClient } from '../outside/http-client.ts';
import type { AccessService } from '../outside/service-authorizer.ts';
import { askHttp, partsOfRequest } from './ask-http.ts';
import type { AccessInquiry } from './placeholders.ts';
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
    return {
      kind: 'question',
      parts: partsOfRequest(filled),
      async ask(signal) {
        const said = await askHttp(http, filled, signal);
        if (typeof said === 'string') return said;
        return said.kind === 'fields' ? readAccessAnswer(said.fields) : { result: 'ignore' };
      },
    };
  },
});
