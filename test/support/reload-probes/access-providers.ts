import type { Probe, Probes } from './probe.ts';

type Settings = Readonly<Record<string, unknown>>;

/**
 * Providers are made anew as a whole with every change, so it is enough to see of what the access was made that was asked
 * last; what each setting does is tested with the provider.
 */
const provider = (
  section: readonly string[],
  base: Settings,
  settings: Readonly<Record<string, readonly [written: unknown, is?: unknown]>>,
): Probes => {
  const access = (provided: Settings): Settings => ({
    access: section.reduceRight<Settings>((inner, step) => ({ [step]: inner }), provided),
  });
  const probeOf = (name: string, [written, is = written]: readonly [unknown, unknown?]): Probe => ({
    from: access(base),
    change: access(withValue(base, name.split('.'), written)),
    is,
    async see(world) {
      await world.connect();
      return [...section, ...name.split('.')].reduce<unknown>(
        (inner, step) => (inner === undefined ? undefined : Reflect.get(Object(inner), step)),
        world.access(),
      );
    },
  });
  return Object.fromEntries(
    Object.entries(settings).map(([name, values]) => [['access', ...section, name].join('.'), probeOf(name, values)]),
  );
};

/** A copy with another value at the path. */
const withValue = (settings: Settings, [step = '', ...rest]: readonly string[], value: unknown): Settings => ({
  ...settings,
  [step]: rest.length === 0 ? value : withValue(Object(settings[step]) as Settings, rest, value),
});

const service = {
  timeout: ['2s', 2_000],
  waiting: [7],
  remember: ['20s', 20_000],
  memory: ['2KiB', 2_048],
  failures: [7],
  pause: ['20s', 20_000],
} as const;

/** @param other a file: `token-key` is a public key, `token-secret` a secret of 64 bytes, `ca-chain.pem` a certificate */
export const providerProbes = (other: (name: string) => string): Probes => {
  const keySet = { url: 'https://id.example.com/keys' };
  const symmetric = {
    algorithms: ['HS256', 'ES256'],
    publicKeys: [other('token-key')],
    secret: { file: other('tickets') },
  };
  const secret = { file: other('token-secret') };
  const server = {
    method: ['get'],
    url: ['http://127.0.0.1:9/other'],
    headers: [{ 'x-a': 'b' }],
    authorization: [secret],
    body: [{ a: 'b' }],
    ca: [other('ca-chain.pem')],
    connections: [7],
    size: ['2KiB', 2_048],
    ...service,
  } as const;
  return {
    ...provider(
      ['jwt'],
      { algorithms: ['ES256'], keySet },
      {
        algorithms: [['ES256', 'RS256']],
        publicKeys: [[other('token-key')]],
        'keySet.url': ['https://id.example.com/others'],
        'keySet.ca': [other('ca-chain.pem')],
        'keySet.maxAge': ['1m', 60_000],
        'keySet.outage': ['1m', 60_000],
        'keySet.coolDown': ['1m', 60_000],
        'keySet.timeout': ['1s', 1_000],
        'keySet.size': ['2KiB', 2_048],
        issuer: [['a']],
        audience: [['a']],
        clockSkew: ['7s', 7_000],
        from: ['username'],
        size: ['2KiB', 2_048],
        lasting: ['accept'],
        principal: ['name'],
        groups: ['roles'],
        claims: [{ a: 'b' }],
      },
    ),
    ...provider(['jwt'], symmetric, { secret: [secret] }),
    ...provider(['jwt'], { ...symmetric, secret }, { secretEncoding: ['base64'] }),
    ...provider(['http', 'authenticate'], { url: 'http://127.0.0.1:9/auth' }, server),
    ...provider(['http', 'authorize'], { url: 'http://127.0.0.1:9/auth' }, server),
    ...provider(['nats', 'authenticate'], {}, { subject: ['other.subject'], ...service }),
    ...provider(['nats', 'authorize'], {}, { subject: ['other.subject'], ...service }),
  };
};
