import type { Authenticator } from '../broker/ports.ts';
import { isLoopback } from '../kernel/address.ts';
import type { AccessOptions } from './schema.ts';

/** What access needs to know of a listener. */
export interface ListenerFacts {
  readonly name: string;
  readonly bind: { readonly host: string };
}

/** Names of the listeners on which clients without an identity are let in. */
export function anonymousListeners(
  { anonymous }: AccessOptions,
  listeners: readonly ListenerFacts[],
): ReadonlySet<string> {
  if (anonymous === 'never') return new Set();
  if (anonymous !== 'loopback') return new Set(anonymous);
  return new Set(listeners.filter(({ bind }) => isLoopback(bind.host)).map(({ name }) => name));
}

/** A certificate that verified is an identity; everyone else is anonymous, and let in where `access.anonymous` says so. */
export function createAccess(options: AccessOptions, listeners: readonly ListenerFacts[]): Authenticator {
  const allowed = anonymousListeners(options, listeners);
  return {
    authenticate({ peer }) {
      const certificate = peer.tls?.certificate;
      if (certificate !== undefined)
        return { kind: 'accept', principal: certificate.commonName ?? certificate.subject };
      if (allowed.has(peer.listener)) return { kind: 'accept', principal: 'anonymous' };
      return {
        kind: 'reject',
        reason: `not authorized: listener "${peer.listener}" takes no anonymous clients; name it in access.anonymous to let them in`,
      };
    },
  };
}
