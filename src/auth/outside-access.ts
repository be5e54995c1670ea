import type { Component } from '../kernel/lifecycle.ts';
import { accessByHttp } from './http/by-http.ts';
import { accessByNats } from './nats/by-nats.ts';
import { createOutsideAuthority, type OutsideAuthority } from './outside/authority.ts';
import type { ServiceAuthorizer } from './outside/service-authorizer.ts';
import type { ProviderDeps } from './provider.ts';
import type { AccessOptions } from './schema.ts';

/** Who is asked what clients may do where no rule says it. */
export interface OutsideAccess {
  /** Undefined where nobody is. */
  readonly authority: OutsideAuthority | undefined;
  readonly parts: readonly Component[];
}

/** The server over HTTP is asked first, then the service on NATS. */
export function createOutsideAccess(
  { http, nats }: Pick<AccessOptions, 'http' | 'nats'>,
  deps: ProviderDeps,
): OutsideAccess {
  const byHttp = http.authorize && accessByHttp(http.authorize, deps);
  const byNats = nats.authorize && accessByNats(nats.authorize, deps);
  const services = [byHttp, byNats].filter((one): one is ServiceAuthorizer => one !== undefined);
  return {
    authority: services.length === 0 ? undefined : createOutsideAuthority(services, deps.clock),
    parts: byHttp?.parts ?? [],
  };
}
