import { asksForProof } from '../../auth/check-authentication.ts';
import { takesAnonymous } from '../../auth/listener-facts.ts';
import { stepsOf } from '../../auth/provider-names.ts';
import { parseNetwork } from '../../kernel/networks.ts';
import type { Config } from '../schema.ts';
import { isReached, takesClients } from './reach.ts';
import type { JudgedListener, SecurityFinding, SecurityRule } from './security-finding.ts';

/** What of listeners takes more than one setting to see. */
export const listenerRules: readonly SecurityRule[] = [
  { judges: ['access.anonymous', 'listeners[].authentication', 'listeners[].accept'], find: openDoors },
  { judges: ['listeners[].proxy.from', 'listeners[].proxy.certificate'], find: proxies },
  {
    judges: ['listeners[].maxConnectionsPerAddress', 'listeners[].connectionRate.perAddress'],
    find: (config) => ofListeners(config, unlimitedAddress),
  },
  { judges: ['access.failures.count', 'access.failures.perUser'], find: guessing },
];

type Found = Omit<SecurityFinding, 'path'> & { readonly below: readonly (string | number)[] };

const ofListeners = (
  config: Config,
  judge: (listener: JudgedListener, config: Config) => readonly Found[],
): SecurityFinding[] =>
  config.listeners.flatMap((listener, index) =>
    judge(listener, config).map(({ below, ...rest }) => ({ ...rest, path: ['listeners', index, ...below] })),
  );

/** Whether somebody without any identity is let in from other machines. */
function letsAnybodyIn(listener: JudgedListener, access: Config['access']): boolean {
  if (!isReached(listener) || !takesClients(listener) || listener.tls === 'two-way') return false;
  const isAsked = stepsOf(listener.authentication, access).some((step) => step.includes('anonymous'));
  return isAsked && takesAnonymous(listener, access) === 'all';
}

function openDoors(config: Config): SecurityFinding[] {
  const { access } = config;
  return ofListeners(config, (listener) => {
    if (!letsAnybodyIn(listener, access)) return [];
    const hasRules = access.rules.length > 0;
    return [
      {
        below: ['name'],
        grade: hasRules ? 'warning' : 'grave',
        meaning: hasRules
          ? 'everybody who reaches the port gets in without an identity, and only access.rules keep topics from them'
          : 'everybody who reaches the port gets in without an identity, and may publish and read every topic',
        advice: 'take it out of access.anonymous, and ask for passwords, tokens or certificates',
      },
    ];
  });
}

/** A range that hardly is one of proxies: everything, and more than the largest private network. */
function breadthOf(text: string): 'all' | 'wide' | 'narrow' {
  const network = parseNetwork(text);
  if (typeof network === 'string') return 'narrow';
  if (network.prefix <= 1) return 'all';
  return network.prefix < (network.family === 'ipv4' ? 8 : 16) ? 'wide' : 'narrow';
}

function proxies(config: Config): SecurityFinding[] {
  return ofListeners(config, ({ proxy }) => {
    if (proxy === undefined) return [];
    const isBelieved = proxy.certificate === 'believe';
    const ranges = proxy.from.flatMap((text, index): Found[] => {
      const breadth = breadthOf(text);
      if (breadth === 'narrow') return [];
      return [
        {
          below: ['proxy', 'from', index],
          grade: breadth === 'all' || isBelieved ? 'grave' : 'warning',
          meaning: isBelieved
            ? 'whoever is in this range may say that it is any address and that it has any certificate'
            : 'whoever is in this range may say that it is any address, and is past every rule, limit and ban by address',
          advice: 'name the addresses of the proxies alone',
        },
      ];
    });
    if (!isBelieved) return ranges;
    return [
      ...ranges,
      {
        below: ['proxy', 'certificate'],
        grade: 'note',
        meaning: 'who a client is, is what the proxy says; whoever gets to this port past it is whom it likes',
        advice: 'keep the port behind the proxy, or end TLS here',
      },
    ];
  });
}

function unlimitedAddress(listener: JudgedListener): Found[] {
  const { maxConnectionsPerAddress, connectionRate, handshakeRate } = listener;
  if (!isReached(listener)) return [];
  const hasLimit = [maxConnectionsPerAddress, connectionRate?.perAddress, handshakeRate?.perAddress].some(
    (limit) => limit !== undefined,
  );
  if (hasLimit) return [];
  return [
    {
      below: ['maxConnectionsPerAddress'],
      grade: 'note',
      meaning: 'one address may take every connection of the listener',
      advice: 'set it, or connectionRate.perAddress, to a few times what one site has',
    },
  ];
}

function guessing({ listeners, access }: Config): SecurityFinding[] {
  const isAsked = listeners.some((listener) => isReached(listener) && asksForProof(listener, access));
  if (access.failures === undefined)
    return isAsked
      ? [
          {
            path: ['access', 'failures'],
            grade: 'warning',
            meaning: 'passwords may be guessed for ever, as fast as they are checked',
            advice: 'set access.failures.count, e.g. to 10 in a minute',
          },
        ]
      : [];
  if (access.failures.count <= 1_000) return [];
  return [
    {
      path: ['access', 'failures', 'count'],
      grade: 'warning',
      meaning: `${access.failures.count} wrong passwords before an address is kept out are as good as no limit`,
      advice: 'use 10 to 100',
    },
  ];
}
