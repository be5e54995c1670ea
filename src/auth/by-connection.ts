import { noTrust } from '../broker/ports.ts';
import { isLoopback } from '../kernel/address.ts';
import { ConfigError } from '../kernel/errors.ts';
import { anonymousPrincipal, certificateIdentity } from './certificate-identity.ts';
import { type ListenerFacts, takesAnonymous } from './listener-facts.ts';
import type { CreateProvider } from './provider.ts';
import { certificateTrust, pskTrust } from './trust.ts';

const abstain = { kind: 'abstain' } as const;

/**
 * A certificate that verified is an identity.
 * @throws ConfigError where a template of `access.certificate` is wrong, which its schema finds before.
 */
export const byCertificate: CreateProvider = ({ certificate: options }, { listeners }) => {
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
};

/** And so is a pre-shared key of TLS that proved itself. */
export const byPsk: CreateProvider = (_options, { listeners }) => {
  const trusts = trustsOf(listeners, pskTrust);
  return {
    authenticate({ peer }) {
      const trust = trusts.get(peer.listener);
      const principal = peer.tls?.pskIdentity;
      return principal === undefined || trust === undefined ? abstain : { kind: 'accept', principal, trust };
    },
  };
};

const anonymous = { kind: 'accept', principal: anonymousPrincipal, trust: noTrust } as const;

/** Whoever comes to one of the listeners that `access.anonymous` names, without being known. */
export const byListener: CreateProvider = (options, { listeners }) => {
  const taken = new Map(listeners.map((one) => [one.name, takesAnonymous(one, options)]));
  return {
    authenticate({ peer: { listener, address } }) {
      const whom = taken.get(listener);
      if (whom === 'all' || (whom === 'local' && isLoopback(address))) return anonymous;
      const who = whom === 'local' ? 'anonymous clients of other machines' : 'anonymous clients';
      const reason = `listener "${listener}" takes no ${who}; name it in access.anonymous to let them in`;
      return { kind: 'abstain', reason };
    },
  };
};

const trustsOf = (
  listeners: readonly ListenerFacts[],
  trustOf: (listener: ListenerFacts) => string,
): ReadonlyMap<string, string> => new Map(listeners.map((one) => [one.name, trustOf(one)]));
