import type { Authenticator } from '../broker/ports.ts';
import type { Component } from '../kernel/lifecycle.ts';
import { createChain } from './chain.ts';
import type { Provider, ProviderDeps } from './provider.ts';
import { readsPassword, type Step, stepsOf } from './provider-names.ts';
import { providers } from './providers.ts';
import type { AccessOptions } from './schema.ts';
import { together } from './together.ts';
import { withoutUncheckedPasswords } from './unchecked-passwords.ts';

/** Who may connect, on each listener. */
export interface Access extends Authenticator {
  /** To be started before it is asked. */
  readonly parts: readonly Component[];
}

/**
 * Each listener asks its providers in the order of `listeners[].authentication`; the first that accepts or rejects decides.
 * @throws ConfigError where a provider cannot do with its settings, which the checks of the configuration find before.
 */
export function createAccess(options: AccessOptions): (deps: ProviderDeps) => Access {
  return (deps) => {
    const made = new Map<string, Provider>();
    const providerOf = (name: Step[number]): Provider => {
      const provider = made.get(name) ?? providers[name](options)(deps);
      made.set(name, provider);
      return provider;
    };
    const areOne = options.certificate.bind !== 'any';
    const chains = new Map(
      deps.listeners.map((listener) => {
        const steps = stepsOf(listener.authentication, options);
        const chain = createChain(steps.map((step) => together(step.map(providerOf), { areOne })));
        const { uncheckedPasswords } = options;
        const checkers = steps.flat().filter(readsPassword);
        return [
          listener.name,
          withoutUncheckedPasswords(chain, { uncheckedPasswords, checkers }, deps.events),
        ] as const;
      }),
    );
    const nobody = createChain([]);
    return {
      parts: [...made.values()].flatMap(({ parts = [] }) => parts),
      authenticate: (request) => (chains.get(request.peer.listener) ?? nobody).authenticate(request),
    };
  };
}
