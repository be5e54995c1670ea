import type { AuthenticationRequest, Authenticator } from '../broker/ports.ts';
import type { Component } from '../kernel/lifecycle.ts';
import { createChain } from './chain.ts';
import { passwordUsers } from './passwords/users.ts';
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

/** Who is asked on one listener. */
interface Chains {
  readonly plain: Authenticator;
  /** By Authentication Method: those who understand it, each with whoever must be asked as well. */
  readonly byMethod: ReadonlyMap<string, Authenticator>;
}

/**
 * Each listener asks its providers in the order of `listeners[].authentication`; the first that accepts or rejects decides.
 * Of a client that names an Authentication Method those alone are asked who understand it.
 * @throws ConfigError where a provider cannot do with its settings, which the checks of the configuration find before.
 */
export function createAccess(options: AccessOptions, given: ProviderDeps): Access {
  const deps = { ...given, users: options.passwords && passwordUsers(options.passwords.file, given) };
  const made = new Map<string, Provider>();
  const providerOf = (name: Step[number]): Provider => {
    const provider = made.get(name) ?? providers[name](options, deps);
    made.set(name, provider);
    return provider;
  };
  const areOne = options.certificate.bind !== 'any';
  const chains = new Map(
    deps.listeners.map((listener): readonly [string, Chains] => {
      const steps = stepsOf(listener.authentication, options);
      const { uncheckedPasswords } = options;
      const checkers = steps.flat().filter(readsPassword);
      const chainOf = (asked: readonly (readonly Provider[])[]): Authenticator =>
        withoutUncheckedPasswords(
          createChain(asked.map((step) => together(step, { areOne }))),
          { uncheckedPasswords, checkers },
          deps.events,
        );
      const all = steps.map((step) => step.map(providerOf));
      const methods = new Set(all.flat().flatMap((provider) => provider.methods ?? []));
      const byMethod = Array.from(methods, (method) => {
        const asked = all.filter((step) => step.some((provider) => provider.methods?.includes(method)));
        return [method, chainOf(asked)] as const;
      });
      return [listener.name, { plain: chainOf(all), byMethod: new Map(byMethod) }];
    }),
  );
  const nobody = createChain([]);
  const chainFor = ({ peer, exchange }: AuthenticationRequest): Authenticator | undefined => {
    const chain = chains.get(peer.listener);
    return exchange === undefined ? chain?.plain : chain?.byMethod.get(exchange.method);
  };
  return {
    parts: [...new Set([...made.values()].flatMap(({ parts = [] }) => parts))],
    serves: ({ listener }, method) => chains.get(listener)?.byMethod.has(method) === true,
    authenticate: (request) => (chainFor(request) ?? nobody).authenticate(request),
  };
}
