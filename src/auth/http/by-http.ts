import { closing } from '../outside/closing.ts';
import { createHttpClient } from '../outside/http-client.ts';
import { createServiceAuthenticator } from '../outside/service-authenticator.ts';
import type { CreateProvider } from '../provider.ts';
import { httpService } from './http-service.ts';
import { requestTemplate } from './request-template.ts';

/** A server says over HTTP who a client is. */
export const byHttp: CreateProvider = ({ http: { authenticate: options } }) => {
  if (options === undefined) return () => ({ authenticate: () => ({ kind: 'abstain' }) });
  return ({ clock, events, secretOf }) => {
    const ca = options.ca === undefined ? undefined : secretOf({ file: options.ca });
    const { connections, timeout, size } = options;
    const http = createHttpClient({ connections, timeoutMs: timeout, maxBytes: size, ca }, clock);
    const template = requestTemplate(options, options.authorization && secretOf(options.authorization));
    const service = httpService({ template, http, clock });
    return {
      ...createServiceAuthenticator(options)({ service, clock, events }),
      parts: [closing('access.http.authenticate', http)],
    };
  };
};
