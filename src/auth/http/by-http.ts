import type { Component } from '../../kernel/lifecycle.ts';
import { closing } from '../outside/closing.ts';
import { createHttpClient, type HttpClient } from '../outside/http-client.ts';
import { createServiceAuthenticator } from '../outside/service-authenticator.ts';
import { createServiceAuthorizer, type ServiceAuthorizer } from '../outside/service-authorizer.ts';
import type { CreateProvider, ProviderDeps } from '../provider.ts';
import { httpAccessService } from './http-access-service.ts';
import { httpService } from './http-service.ts';
import { accessPlaceholders, authenticationPlaceholders } from './placeholders.ts';
import { requestTemplate } from './request-template.ts';
import type { HttpServiceOptions } from './schema.ts';

type Deps = Pick<ProviderDeps, 'clock' | 'events' | 'secretOf'>;

/** A server says over HTTP who a client is. */
export const byHttp: CreateProvider = ({ http: { authenticate: options } }, { clock, events, secretOf }) => {
  if (options === undefined) return { authenticate: () => ({ kind: 'abstain' }) };
  const http = clientOf(options, { clock, secretOf });
  const template = requestTemplate(options, authorizationOf(options, secretOf), authenticationPlaceholders);
  const service = httpService({ template, http, clock });
  return {
    ...createServiceAuthenticator(options, { service, clock, events }),
    parts: [closing('access.http.authenticate', http)],
  };
};

/** A server says over HTTP what clients may do. */
export function accessByHttp(
  options: HttpServiceOptions,
  { clock, events, secretOf }: Deps,
): ServiceAuthorizer & { readonly parts: readonly Component[] } {
  const http = clientOf(options, { clock, secretOf });
  const template = requestTemplate(options, authorizationOf(options, secretOf), accessPlaceholders);
  const service = httpAccessService({ template, http });
  return {
    ...createServiceAuthorizer(options, { service, clock, events }),
    parts: [closing('access.http.authorize', http)],
  };
}

function clientOf(
  { ca: file, connections, timeout, size }: HttpServiceOptions,
  { clock, secretOf }: Pick<Deps, 'clock' | 'secretOf'>,
): HttpClient {
  const ca = file === undefined ? undefined : secretOf({ file });
  return createHttpClient({ connections, timeoutMs: timeout, maxBytes: size, ca }, clock);
}

const authorizationOf = ({ authorization }: HttpServiceOptions, secretOf: Deps['secretOf']): string | undefined =>
  authorization && secretOf(authorization);
