import type { Authenticator } from '../broker/ports.ts';
import { isLoopback } from '../kernel/address.ts';
import { ConfigError } from '../kernel/errors.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import { anonymousPrincipal, certificateIdentity } from './certificate-identity.ts';
import { createChain } from './chain.ts';
import type { AccessOptions } from './schema.ts';
import { certificateTrust, type ListenerTrust, noTrust, pskTrust } from './trust.ts';
import { withoutUncheckedPasswords } from './unchecked-passwords.ts';

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

export interface AccessDeps {
  readonly listeners: readonly ListenerFacts[];
  readonly events: Events;
}

/**
 * Who may connect: a certificate that verified is an identity, and so is a pre-shared key of TLS that proved itself;
 * everyone else is anonymous, and let in where `access.anonymous` says so. Who comes to know more stands in the chain.
 * @throws ConfigError where a template of `access.certificate` is wrong, which its schema finds before.
 */
export function createAccess(options: AccessOptions): (deps: AccessDeps) => Authenticator {
  return ({ listeners, events }) => {
    const chain = createChain([
      byCertificate(options, listeners),
      byPsk(listeners),
      byListener(anonymousListeners(options, listeners)),
    ]);
    return withoutUncheckedPasswords(chain, options, events);
  };
}

const abstain = { kind: 'abstain' } as const;

function byCertificate({ certificate: options }: AccessOptions, listeners: readonly ListenerFacts[]): Authenticator {
  const identity = certificateIdentity(options);
  if (typeof identity !== 'function')
    throw new ConfigError('config-invalid', `access.certificate.${identity.field}: ${identity.message}`);
  const trusts = trustsOf(listeners, certificateTrust);
  return {
    authenticate({ peer, clientId }) {
      const trust = trusts.get(peer.listener);
      const certificate = peer.tls?.certificate;
      return certificate === undefined || trust === undefined ? abstain : identity(certificate, clientId, trust);
    },
  };
}

function byPsk(listeners: readonly ListenerFacts[]): Authenticator {
  const trusts = trustsOf(listeners, pskTrust);
  return {
    authenticate({ peer }) {
      const trust = trusts.get(peer.listener);
      const principal = peer.tls?.pskIdentity;
      return principal === undefined || trust === undefined ? abstain : { kind: 'accept', principal, trust };
    },
  };
}

const anonymous = { kind: 'accept', principal: anonymousPrincipal, trust: noTrust } as const;

/** Whoever comes to one of the listeners, without being known. */
const byListener = (names: ReadonlySet<string>): Authenticator => ({
  authenticate: ({ peer: { listener } }) =>
    names.has(listener)
      ? anonymous
      : {
          kind: 'abstain',
          reason: `listener "${listener}" takes no anonymous clients; name it in access.anonymous to let them in`,
        },
});

const trustsOf = (
  listeners: readonly ListenerFacts[],
  trustOf: (listener: ListenerFacts) => string,
): ReadonlyMap<string, string> => new Map(listeners.map((one) => [one.name, trustOf(one)]));
