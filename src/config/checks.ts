import { asksForProof, checkAuthentication, unreachedProviders } from '../auth/check-authentication.ts';
import { checkRuleListeners } from '../auth/check-rules.ts';
import { checkRules } from '../bridge/mapping/check-rules.ts';
import { formatSocketAddress, isLoopback, overlaps } from '../kernel/address.ts';
import type { ListenerOptions } from '../transport/schema.ts';
import { checkQuestionSubject, readablePasswords } from './checks-access.ts';
import { checkHub, hasHubUsers, hubWarnings } from './checks-hub.ts';
import { checkNats } from './checks-nats.ts';
import { didYouMean } from './closest.ts';
import type { EnvironmentVariables } from './env.ts';
import type { Finding } from './messages.ts';
import type { Config } from './schema.ts';

/** The sections that are valid by themselves; those that are not have their own problems already. */
export type Sections = Partial<Config>;

/** One rule that more than one setting is needed for. */
interface Check {
  /** For the reference page: what the rule is. */
  readonly rule: string;
  readonly run: (sections: Sections) => Finding[];
}

/** Whether clients without an identity would come in from other machines without having been asked for. */
function isOpenByAccident(listener: ListenerOptions, access: Config['access']): boolean {
  const { anonymous } = access;
  if (listener.authentication?.includes('anonymous') === false || asksForProof(listener, access)) return false;
  if (anonymous === 'never' || listener.tls === 'two-way' || isLoopback(listener.bind.host)) return false;
  if (!listener.accept.some((protocol) => protocol !== 'http')) return false;
  return anonymous === 'loopback' || !anonymous.includes(listener.name);
}

/** Paths that belong to HTTP wherever it is accepted. */
const isPage = (path: string): boolean =>
  ['/', '/healthz', '/metrics', '/call'].includes(path) || /^\/(api|assets|turn|\.well-known)\//.test(path);

/** All rules between settings, in the order of the reference page. */
export const checks: readonly Check[] = [
  {
    rule: 'Listeners have different names and addresses, also different from that of the embedded hub; `0.0.0.0` and `::` are every address, and on port 0 each takes a free one.',
    run: ({ listeners = [], nats }) => {
      const taken = listeners.map(({ bind, name }, index) => ({ path: ['listeners', index, 'bind'], bind, name }));
      if (nats !== undefined && nats.servers.length === 0)
        taken.push({ path: ['nats', 'hub', 'bind'], bind: nats.hub.bind, name: 'nats.hub' });
      return taken.flatMap(({ path, bind }, index) => {
        const other = taken.slice(0, index).find((before) => overlaps(before.bind, bind));
        if (other === undefined) return [];
        const message = `${formatSocketAddress(bind)} is taken by "${other.name}" (${formatSocketAddress(other.bind)}); choose another port`;
        return [{ path, message }];
      });
    },
  },
  {
    rule: 'A listener that other machines reach has `tls: two-way`, asks for passwords, is named in `access.anonymous`, or has an `authentication` without anonymous.',
    run: ({ listeners = [], access }) =>
      listeners.flatMap((listener, index) => {
        if (access === undefined || !isOpenByAccident(listener, access)) return [];
        const message = `${formatSocketAddress(listener.bind)} is reachable from other machines and its clients would be anonymous; name the listener in access.anonymous if that is wanted, use tls: two-way, or bind 127.0.0.1`;
        return [{ path: ['listeners', index, 'bind'], message }];
      }),
  },
  {
    rule: 'With `accept: [websocket, http]`, `path` is none of the pages that HTTP has there.',
    run: ({ listeners = [] }) =>
      listeners.flatMap(({ accept, path }, index) => {
        if (!accept.includes('websocket') || !accept.includes('http') || !isPage(path)) return [];
        const message = `${path} is a page of the listener too, which accepts http; choose another path, e.g. /mqtt, or leave out http`;
        return [{ path: ['listeners', index, 'path'], message }];
      }),
  },
  {
    rule: 'No listener is called `nats` or `hub`, which stand for the bridge and for clients of the embedded hub in `access.rules`; the other listeners that rules name exist. They name `hub` where `nats.hub.authentication` is set.',
    run: ({ access, listeners, nats }) =>
      access === undefined || listeners === undefined || nats === undefined
        ? []
        : checkRuleListeners(access, listeners, hasHubUsers(nats)),
  },
  {
    rule: '`access.anonymous` names listeners that exist.',
    run: ({ listeners, access }) => {
      if (listeners === undefined || access === undefined || typeof access.anonymous === 'string') return [];
      const known = listeners.map(({ name }) => name);
      return access.anonymous.flatMap((name, index) => {
        if (known.includes(name)) return [];
        const advice = didYouMean(name, known) || `; there are ${known.join(', ')}`;
        return [{ path: ['access', 'anonymous', index], message: `no listener has the name "${name}"${advice}` }];
      });
    },
  },
  {
    rule: '`listeners[].authentication` names each provider once, and those that need settings have them.',
    run: ({ listeners, access }) =>
      listeners === undefined || access === undefined ? [] : [...checkAuthentication(listeners, access)],
  },
  { rule: 'So does `nats.hub.authentication`.', run: checkHub },
  {
    rule: 'Bridge rules have readable patterns that fit together, different names, a fixed beginning on the side that messages go to, and no two deliver one message twice.',
    run: ({ bridge }) => (bridge === undefined ? [] : [...checkRules(bridge.rules, bridge.codec)]),
  },
  {
    rule: 'No bridge rule takes the subject of `access.nats.authenticate` or `access.nats.authorize` to MQTT clients.',
    run: checkQuestionSubject,
  },
  {
    rule: 'A bridge rule with `ack: jetstream`, or that takes from a stream (`jetstream`), needs `nats.servers`, as the hub has no JetStream.',
    run: ({ bridge, nats }) => {
      if (bridge === undefined || nats === undefined || nats.servers.length > 0) return [];
      const without = 'the embedded hub has no JetStream; name a nats-server that runs with -js in nats.servers, or ';
      return bridge.rules.flatMap(({ ack, jetstream }, index) => {
        const path = ['bridge', 'rules', index];
        return [
          ...(ack === 'jetstream' ? [{ path: [...path, 'ack'], message: `${without}write ack: nats` }] : []),
          ...(jetstream === undefined ? [] : [{ path: [...path, 'jetstream'], message: `${without}leave it out` }]),
        ];
      });
    },
  },
  {
    rule: 'With `nats.servers`: at most one of user with password, token, nkey and creds; client certificate and key together. Without: none of them, because the broker has a way of its own to its hub.',
    run: ({ nats }) => (nats === undefined ? [] : checkNats(nats)),
  },
];

/** What can run, and is hardly what somebody wants. */
export const warningsIn = (config: Config, env: EnvironmentVariables): Finding[] => [
  ...unreachedProviders(config.listeners, config.access),
  ...readablePasswords(config),
  ...hubWarnings(config),
  ...crowdedThreads(config.access, env),
];

/** Files, those of the store among them, are read and written by threads that passwords take too. */
function crowdedThreads({ passwords }: Config['access'], env: EnvironmentVariables): Finding[] {
  const threads = Number(env['UV_THREADPOOL_SIZE'] ?? 4);
  const { concurrency } = passwords ?? {};
  if (concurrency === undefined || concurrency + 2 <= threads) return [];
  const message = `${concurrency} of the ${threads} threads that files need too would check passwords; set the environment variable UV_THREADPOOL_SIZE to ${concurrency + 2}, or lower it`;
  return [{ path: ['access', 'passwords', 'concurrency'], message }];
}

export const checkSections = (sections: Sections): Finding[] => checks.flatMap(({ run }) => run(sections));
