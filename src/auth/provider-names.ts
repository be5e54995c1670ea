import type { AccessOptions } from './schema.ts';

/** What is known of a provider without making one, for the default order and the checks of the configuration. */
export interface ProviderFacts {
  /** Settings that it goes by; left out: it needs none. */
  readonly setting?: { readonly path: string; readonly isGiven: (access: AccessOptions) => boolean };
  /** It looks at the password of CONNECT. */
  readonly readsPassword: boolean;
  /** It decides about every client that sends user name and password, so that nobody behind it is asked about one. */
  readonly decidesPasswords: boolean;
}

const byConnection: ProviderFacts = { readsPassword: false, decidesPasswords: false };

/**
 * All providers, in the order in which they are asked on a listener without a list: what TLS has proved, then what needs
 * the password, of that last who decides about every one, then who asks for nothing.
 */
const providerFacts = {
  certificate: byConnection,
  psk: byConnection,
  jwt: {
    setting: { path: 'access.jwt', isGiven: ({ jwt }) => jwt !== undefined },
    readsPassword: true,
    decidesPasswords: false,
  },
  http: {
    setting: { path: 'access.http.authenticate', isGiven: ({ http }) => http.authenticate !== undefined },
    readsPassword: true,
    decidesPasswords: false,
  },
  nats: {
    setting: { path: 'access.nats.authenticate', isGiven: ({ nats }) => nats.authenticate !== undefined },
    readsPassword: true,
    decidesPasswords: false,
  },
  password: {
    setting: { path: 'access.passwords', isGiven: ({ passwords }) => passwords !== undefined },
    readsPassword: true,
    decidesPasswords: true,
  },
  scram: {
    setting: { path: 'access.passwords', isGiven: ({ passwords }) => passwords !== undefined },
    readsPassword: false,
    decidesPasswords: false,
  },
  anonymous: byConnection,
} as const satisfies Readonly<Record<string, ProviderFacts>>;

export type ProviderName = keyof typeof providerFacts;

export const isProviderName = (name: string): name is ProviderName => Object.hasOwn(providerFacts, name);

export const providerNames: readonly ProviderName[] = Object.keys(providerFacts).filter(isProviderName);

const factsOf = (name: ProviderName): ProviderFacts => providerFacts[name];

/** Whether it has what it goes by. */
export const isConfigured = (name: ProviderName, access: AccessOptions): boolean =>
  factsOf(name).setting?.isGiven(access) !== false;

export const settingOf = (name: ProviderName): string => factsOf(name).setting?.path ?? 'access';

/** It goes by settings of `access`, and not by what the connection is. */
export const hasSettings = (name: ProviderName): boolean => factsOf(name).setting !== undefined;

export const readsPassword = (name: ProviderName): boolean => factsOf(name).readsPassword;

export const decidesPasswords = (name: ProviderName): boolean => factsOf(name).decidesPasswords;

/** Providers that are asked together: all must accept. Mostly it is one. */
export type Step = readonly ProviderName[];

/** The names of one entry of `listeners[].authentication`, known or not. */
export const namesIn = (entry: string): readonly string[] => entry.split('+');

/** Who is asked on a listener, in this order. Names that do not exist are left out: the checks of the configuration find them. */
export function stepsOf(authentication: readonly string[] | undefined, access: AccessOptions): readonly Step[] {
  if (authentication !== undefined) return authentication.map((entry) => namesIn(entry).filter(isProviderName));
  return providerNames.filter((name) => isConfigured(name, access)).map((name) => [name]);
}
