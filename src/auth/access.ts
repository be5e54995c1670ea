import type { Authenticator } from '../broker/ports.ts';
import { isLoopback } from '../kernel/address.ts';
import { ConfigError } from '../kernel/errors.ts';
import { anonymousPrincipal, certificateIdentity } from './certificate-identity.ts';
import type { AccessOptions } from './schema.ts';
import { certificateTrust, type ListenerTrust, noTrust, pskTrust } from './trust.ts';

/** What access needs to know of a listener. */
export interface ListenerFacts extends ListenerTrust {
  readonly name: string;
  readonly bind: { readonly host: string };
}

/** Names of the listeners on which clients without an identity are let in. */
export function anonymousListeners(
  { anonymous }: Pick<AccessOptions, 'anonymous'>,
  listeners: readonly ListenerFacts[],
): ReadonlySet<string> {
  if (anonymous === 'never') return new Set();
  if (anonymous !== 'loopback') return new Set(anonymous);
  return new Set(listeners.filter(({ bind }) => isLoopback(bind.host)).map(({ name }) => name));
}

/**
 * A certificate that verified is an identity, and so is a pre-shared key of TLS that proved itself; everyone else is anonymous, and let in where `access.anonymous` says so.
 * @throws ConfigError where a template of `access.certificate` is wrong, which its schema finds before.
 */
export function createAccess(options: AccessOptions, listeners: readonly ListenerFacts[]): Authenticator {
  const allowed = anonymousListeners(options, listeners);
  const trusts = new Map(
    listeners.map((one) => [one.name, { certificate: certificateTrust(one), psk: pskTrust(one) }]),
  );
  const identity = certificateIdentity(options.certificate);
  if (typeof identity !== 'function')
    throw new ConfigError('config-invalid', `access.certificate.${identity.field}: ${identity.message}`);
  return {
    authenticate({ peer, clientId }) {
      const trust = trusts.get(peer.listener);
      const certificate = peer.tls?.certificate;
      if (certificate !== undefined && trust !== undefined) return identity(certificate, clientId, trust.certificate);
      const pskIdentity = peer.tls?.pskIdentity;
      if (pskIdentity !== undefined && trust !== undefined)
        return { kind: 'accept', principal: pskIdentity, trust: trust.psk };
      if (allowed.has(peer.listener)) return { kind: 'accept', principal: anonymousPrincipal, trust: noTrust };
      return {
        kind: 'reject',
        code: 'not-authorized',
        reason: `not authorized: listener "${peer.listener}" takes no anonymous clients; name it in access.anonymous to let them in`,
      };
    },
  };
}
