import { createServiceAuthenticator } from '../outside/service-authenticator.ts';
import { createServiceAuthorizer, type ServiceAuthorizer } from '../outside/service-authorizer.ts';
import type { CreateProvider, ProviderDeps } from '../provider.ts';
import { natsAccessService } from './nats-access-service.ts';
import { natsService } from './nats-service.ts';
import type { NatsAuthorizeOptions } from './schema.ts';

/** A service on NATS says who a client is. */
export const byNats: CreateProvider = ({ nats: { authenticate: options } }, { clock, events, natsRequest }) => {
  if (options === undefined) return { authenticate: () => ({ kind: 'abstain' }) };
  const service = natsService(options, { request: natsRequest, clock });
  return createServiceAuthenticator(options, { service, clock, events });
};

/** A service on NATS says what clients may do. */
export const accessByNats = (
  options: NatsAuthorizeOptions,
  { natsRequest, ...deps }: Pick<ProviderDeps, 'clock' | 'events' | 'natsRequest'>,
): ServiceAuthorizer => createServiceAuthorizer(options, { service: natsAccessService(options, natsRequest), ...deps });
