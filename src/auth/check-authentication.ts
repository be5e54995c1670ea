import { type ListenerFacts, takesAnonymous } from './listener-facts.ts';
import {
  decidesPasswords,
  hasSettings,
  isConfigured,
  isProviderName,
  namesIn,
  type ProviderName,
  providerNames,
  readsPassword,
  type Step,
  settingOf,
  stepsOf,
} from './provider-names.ts';
import type { AccessOptions } from './schema.ts';

/** A listener, as far as it matters who may be asked there. */
export interface AskingListener extends ListenerFacts {
  readonly tls: 'off' | 'one-way' | 'two-way' | 'two-way-optional' | 'auto';
}

interface Finding {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Where the listener of an index stands. */
type Place = (index: number) => Finding['path'];
const inListeners: Place = (index) => ['listeners', index];

/** Providers that do not exist, that have nothing to go by, or that make no sense where they stand. */
export const checkAuthentication = (
  listeners: readonly AskingListener[],
  access: AccessOptions,
  place = inListeners,
): readonly Finding[] =>
  listeners.flatMap(({ authentication = [] }, index) =>
    authentication.flatMap((entry, position) =>
      problemsOf(entry, authentication.slice(0, position), access).map((message) => ({
        path: [...place(index), 'authentication', position],
        message,
      })),
    ),
  );

function problemsOf(entry: string, before: readonly string[], access: AccessOptions): string[] {
  if (before.includes(entry)) return [`"${entry}" stands in the list already; name it once`];
  const names = namesIn(entry);
  return names.flatMap((name, position) => {
    if (!isProviderName(name)) return [`no provider has the name "${name}"; there are ${providerNames.join(', ')}`];
    if (!isConfigured(name, access))
      return [`"${name}" has nothing to go by; set ${settingOf(name)}, or take it out of the list`];
    if (names.indexOf(name) < position) return [`"${entry}" asks ${name} twice; name it once`];
    if (name === 'anonymous' && names.length > 1)
      return [`"${entry}": anonymous asks for nothing, so there is no sense in both; write them one below the other`];
    return [];
  });
}

/** Providers on a list that no client gets to. */
export const unreachedProviders = (
  listeners: readonly AskingListener[],
  access: AccessOptions,
  place = inListeners,
): readonly Finding[] =>
  listeners.flatMap((listener, index) => {
    if (listener.authentication === undefined) return [];
    const steps = stepsOf(listener.authentication, access);
    return steps.flatMap((step, position) => {
      const message = uselessness(step, listener, access) ?? hidden(step, steps.slice(0, position), listener, access);
      return message === undefined ? [] : [{ path: [...place(index), 'authentication', position], message }];
    });
  });

/** Why nobody is ever known by this. */
function uselessness(step: Step, listener: AskingListener, access: AccessOptions): string | undefined {
  const { name, tls, psk } = listener;
  const isTold = listener.proxy?.certificate === 'believe';
  if (step.includes('certificate') && tls !== 'two-way' && tls !== 'two-way-optional' && !isTold)
    return `with tls: ${tls} no client shows a certificate, so this lets nobody in; use two-way or two-way-optional`;
  if (step.includes('psk') && psk === undefined)
    return 'the listener takes no pre-shared keys, so this lets nobody in; give it psk';
  if (step.includes('anonymous') && takesAnonymous(listener, access) === 'none')
    return `access.anonymous does not take "${name}", so this lets nobody in; name the listener there`;
  return undefined;
}

/** Why those before have decided about everybody who could be known by this. */
function hidden(
  step: Step,
  before: readonly Step[],
  listener: AskingListener,
  access: AccessOptions,
): string | undefined {
  if (step.includes('scram')) return undefined; // who names its method is asked about by it alone
  const alone = before.flatMap((one) => (one.length === 1 ? one : []));
  const shadow = (name: ProviderName, what: string): string => `${name} before it decides about every client${what}`;
  const never = 'so this is never asked; put it before';
  if (alone.includes('anonymous') && takesAnonymous(listener, access) === 'all')
    return `${shadow('anonymous', '')}, ${never}`;
  if (alone.includes('certificate') && listener.tls === 'two-way' && !step.includes('psk'))
    return `${shadow('certificate', ', as all show one')}, ${never}, or ask for both: certificate+${step[0]}`;
  const decider = alone.find(decidesPasswords);
  if (decider !== undefined && step.some(readsPassword))
    return `${shadow(decider, ' that sends user name and password')}, ${never}`;
  return undefined;
}

/** Whether somebody else than the connection itself can say who a client is. */
export const asksForProof = ({ authentication }: ListenerFacts, access: AccessOptions): boolean =>
  stepsOf(authentication, access).flat().some(hasSettings);
