import { formatSocketAddress, isLoopback } from '../../kernel/address.ts';
import { parseNetwork } from '../../kernel/networks.ts';
import type { Config } from '../schema.ts';
import { isReached } from './reach.ts';
import type { SecurityFinding, SecurityRule } from './security-finding.ts';

/** What of NATS, Redis and metrics takes more than one setting to see. */
export const linkRules: readonly SecurityRule[] = [
  { judges: ['nats.hub.bind', 'nats.hub.authentication', 'nats.hub.tls'], find: openHub },
  { judges: ['nats.servers', 'nats.user', 'nats.token', 'nats.nkey', 'nats.creds'], find: plainNats },
  { judges: ['store.redis.url', 'store.redis.password'], find: plainRedis },
  { judges: ['metrics.allow.addresses', 'metrics.allow.token'], find: openMetrics },
];

function openHub({ nats }: Config): SecurityFinding[] {
  const { bind, authentication, tls } = nats.hub;
  if (nats.servers.length > 0 || isLoopback(bind.host)) return [];
  if (authentication === undefined)
    return [
      {
        path: ['nats', 'hub', 'bind'],
        grade: 'grave',
        meaning: `whoever reaches ${formatSocketAddress(bind)} is past every rule of MQTT: the hub asks nobody who he is`,
        advice: 'bind 127.0.0.1, or set nats.hub.authentication and nats.hub.tls',
      },
    ];
  if (tls !== 'off') return [];
  return [
    {
      path: ['nats', 'hub', 'tls'],
      grade: 'grave',
      meaning: 'everybody on the way reads the passwords of NATS clients, and all that they send and get',
      advice: 'write one-way or two-way',
    },
  ];
}

/** The host of a URL of NATS or Redis; a socket in the file system is on this machine. */
function isFarAway(url: string): boolean {
  if (url.startsWith('unix:')) return false;
  return !isLoopback(new URL(url).hostname.replace(/^\[(.*)\]$/, '$1'));
}

function plainNats({ nats }: Config): SecurityFinding[] {
  const far = nats.servers.flatMap((server, index) => (isFarAway(server) ? [{ server, index }] : []));
  const plain = far.filter(({ server }) => server.startsWith('nats:') && nats.tls === undefined);
  const hasLogin = [nats.user, nats.token, nats.nkey, nats.creds, nats.tls?.cert].some((one) => one !== undefined);
  return [
    ...plain.map(({ index }) => ({
      path: ['nats', 'servers', index],
      grade: 'warning' as const,
      meaning:
        'TLS is left to what the server asks for: where it asks for none, everybody on the way reads and changes messages',
      advice: 'write tls://',
    })),
    ...(far.length === 0 || hasLogin
      ? []
      : [
          {
            path: ['nats', 'servers'],
            grade: 'warning' as const,
            meaning: 'a server that takes this broker without a login takes everybody, past every rule of MQTT',
            advice: 'give the server users, and set nats.creds, nats.nkey, nats.token or nats.user',
          },
        ]),
  ];
}

function plainRedis({ store: { type, redis } }: Config): SecurityFinding[] {
  if (type !== 'redis') return [];
  const isFar = isFarAway(redis.url);
  const isPlain = isFar && !redis.url.startsWith('rediss:');
  const path = ['store', 'redis', 'url'];
  return [
    ...(isPlain
      ? [
          {
            path,
            grade: 'warning' as const,
            meaning: 'everybody on the way reads and changes sessions, queued and retained messages',
            advice: 'write rediss://',
          },
        ]
      : []),
    ...(redis.password === undefined
      ? [
          {
            path: ['store', 'redis', 'password'],
            grade: isFar ? ('warning' as const) : ('note' as const),
            meaning: 'whoever reaches Redis reads and changes sessions, queued and retained messages',
            advice: 'give Redis a user with a password, and set store.redis.user and store.redis.password',
          },
        ]
      : []),
  ];
}

function openMetrics({ metrics, listeners }: Config): SecurityFinding[] {
  const { addresses, token } = metrics.allow;
  const isPlain = listeners.some(
    (listener) => listener.accept.includes('http') && isReached(listener) && ['off', 'auto'].includes(listener.tls),
  );
  const wide = addresses.flatMap((text, index) => {
    const network = parseNetwork(text);
    return typeof network !== 'string' && network.prefix <= 1 ? [index] : [];
  });
  return [
    ...wide.map((index) => ({
      path: ['metrics', 'allow', 'addresses', index],
      grade: 'warning' as const,
      meaning: 'everybody reads the metrics: how many clients there are, and what is full, fails or is refused',
      advice: 'name the addresses of Prometheus, or use metrics.allow.token',
    })),
    ...(token !== undefined && isPlain
      ? [
          {
            path: ['metrics', 'allow', 'token'],
            grade: 'warning' as const,
            meaning: 'the token is asked for on a listener without TLS, where everybody on the way reads it',
            advice: 'accept http on listeners with TLS only',
          },
        ]
      : []),
  ];
}
