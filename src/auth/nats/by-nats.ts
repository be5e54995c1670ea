import { createServiceAuthenticator } from '../outside/service-authenticator.ts';
import type { CreateProvider } from '../provider.ts';
import { natsService } from './nats-service.ts';

/** A service on NATS says who a client is. */
export const byNats: CreateProvider = ({ nats: { authenticate: options } }) => {
  if (options === undefined) return () => ({ authenticate: () => ({ kind: 'abstain' }) });
  return ({ clock, events, natsRequest }) => {
    const service = natsService(options, { request: natsRequest, clock });
    return createServiceAuthenticator(options)({ service, clock, events });
  };
};
