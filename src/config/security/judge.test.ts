import { describe, expect, test } from 'vitest';
import { composeConfig } from '../compose.ts';
import { formatPath } from '../path.ts';
import { judgeConfig } from './judge.ts';

/** Each finding as `grade path`. */
function judged(text: string, flags: readonly string[] = []): string[] {
  const loaded = composeConfig({ file: { name: 'test.yaml', text }, env: {}, flags });
  if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.problems));
  return judgeConfig(loaded).map(({ grade, path }) => `${grade} ${formatPath(path)}`);
}

const listener = (more: string, bind = '0.0.0.0:8883'): string =>
  `listeners:\n  - { name: a, bind: '${bind}', tls: one-way, accept: [mqtt], ${more} }\n`;

/** A listener that is as it should be, but for what is given. */
const passwords = 'access:\n  passwords: { file: users }\n';

test('without a file, everything stands on this machine, and nothing is worse than a note', () => {
  const lines = judged('');
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.filter((line) => !line.startsWith('note '))).toEqual([]);
});

test('a careful configuration for the internet has neither grave relaxations nor warnings', () => {
  const lines = judged(`
listeners:
  - { name: mqtts, bind: '0.0.0.0:8883', tls: one-way, accept: [mqtt], maxConnectionsPerAddress: 100, authentication: [password] }
  - { name: devices, bind: '0.0.0.0:8884', tls: two-way, accept: [mqtt], maxConnectionsPerAddress: 100 }
certificates: { revocation: { mode: fail-closed }, closeExpired: true }
access:
  uncheckedPasswords: refuse
  certificate: { bind: equal }
  anonymous: never
  passwords: { file: users }
  failures: { count: 10 }
  rules: [{ allow: all, topics: ['users/%u/#'] }]
audit: { file: audit.log }
`);
  expect(lines).toEqual([]);
});

describe('one setting', () => {
  test.each([
    [
      'plain TCP beyond this machine is grave',
      `${listener('')}${passwords}`,
      ['listeners[0].tls=off'],
      'grave listeners[0].tls',
    ],
    [
      'plain TCP on this machine is a note',
      listener('', '127.0.0.1:1883'),
      ['listeners[0].tls=off'],
      'note listeners[0].tls',
    ],
    [
      'TLS or plain by the first byte is grave',
      `${listener('')}${passwords}`,
      ['listeners[0].tls=auto'],
      'grave listeners[0].tls',
    ],
    [
      'old ciphers',
      `${listener('policy: { preset: compatible }')}${passwords}`,
      [],
      'warning listeners[0].policy.preset',
    ],
    [
      'CBC ciphers by name',
      `${listener('policy: { ciphers: [TLS_AES_128_GCM_SHA256, ECDHE-RSA-AES128-SHA256] }')}${passwords}`,
      [],
      'warning listeners[0].policy.ciphers',
    ],
    [
      'a key log is grave even on this machine',
      listener('keyLog: keys.log', '127.0.0.1:0'),
      [],
      'grave listeners[0].keyLog',
    ],
    ['scripts of all pages', listener('origins: ["*"]', '127.0.0.1:0'), [], 'warning listeners[0].origins'],
    ['scripts of files', listener('origins: ["null"]', '127.0.0.1:0'), [], 'note listeners[0].origins'],
    ['any Host', listener('hosts: ["*"]', '127.0.0.1:0'), [], 'warning listeners[0].hosts'],
    ['passwords that nobody checks', '', [], 'note access.uncheckedPasswords'],
    ['revocation off', '', ['certificates.revocation.mode=off'], 'warning certificates.revocation.mode'],
    [
      'revoked connections that stay',
      '',
      ['certificates.revocation.closeRevoked=false'],
      'warning certificates.revocation.closeRevoked',
    ],
    [
      'tokens without an end',
      'access: { jwt: { algorithms: [HS256], secret: { env: X }, lasting: accept } }',
      [],
      'warning access.jwt.lasting',
    ],
    [
      'tokens for anybody',
      'access: { jwt: { algorithms: [HS256], secret: { env: X } } }',
      [],
      'note access.jwt.audience',
    ],
    [
      'passwords in URLs',
      'access: { http: { authenticate: { url: "https://a/b", method: get } } }',
      [],
      'warning access.http.authenticate.method',
    ],
    ['certificates for years', '', ['enrollment.maxLifetime=3650d'], 'warning enrollment.maxLifetime'],
    ['a log without refusals', '', ['log.level=error'], 'warning log.level'],
    ['a hub that may be opened', '', ['nats.hub.allowRemote=true'], 'note nats.hub.allowRemote'],
  ] as const)('%s', (_, text, flags, expected) => {
    expect(judged(text, flags)).toContain(expected);
  });

  test('settings of a section that is not used are not judged', () => {
    expect(judged('').filter((line) => /jwt|http|redis/.test(line))).toEqual([]);
  });
});

describe('a limit', () => {
  test.each([
    ['limits.packetSize=256MiB'],
    ['limits.sessionExpiry=3650d'],
    ['limits.packetPace=1B'],
    ['bridge.maxCrossings=0'],
    ['listeners.0.tcpKeepAlive=0s'],
  ])('far from its default or switched off is a warning: %s', (flag) => {
    const [path = ''] = flag.split('=');
    expect(judged(listener('', '127.0.0.1:0'), [flag])).toContain(`warning ${path.replace('.0.', '[0].')}`);
  });

  test.each([
    ['limits.packetSize=4MiB'],
    ['limits.packetSize=1KiB'],
    ['limits.topicAliases=0'],
    ['limits.keepAlive.max=1h'],
  ])('near its default or stricter is nothing: %s', (flag) => {
    expect(judged('', [flag]).filter((line) => line.includes('limits.'))).toEqual([]);
  });
});

describe('several settings together', () => {
  test.each([
    ['anybody gets in, and may do everything', `${listener('')}access: { anonymous: [a] }`, 'grave listeners[0].name'],
    [
      'anybody gets in, within rules',
      `${listener('')}access: { anonymous: [a], rules: [{ allow: subscribe, topics: [news/#] }] }`,
      'warning listeners[0].name',
    ],
    [
      'anybody gets in behind passwords',
      `${listener('authentication: [password, anonymous]')}access: { anonymous: [a], passwords: { file: users } }`,
      'grave listeners[0].name',
    ],
    ['users without rules', `${listener('')}${passwords}`, 'warning access.rules'],
    ['certificates without rules', listener('', '0.0.0.0:1').replace('one-way', 'two-way'), 'warning access.rules'],
    [
      'a rule for everybody on everything',
      `access: { rules: [{ allow: publish, topics: ['#'] }] }`,
      'warning access.rules[0]',
    ],
    ['passwords may be guessed for ever', `${listener('')}${passwords}`, 'warning access.failures'],
    [
      'passwords may be guessed by SCRAM',
      `${listener('authentication: [scram]')}${passwords}`,
      'warning access.failures',
    ],
    ['a million guesses', `${listener('')}${passwords}  failures: { count: 1000000 }`, 'warning access.failures.count'],
    [
      'one address may take all connections',
      `${listener('')}${passwords}`,
      'note listeners[0].maxConnectionsPerAddress',
    ],
    [
      'every address is a proxy',
      `${listener('proxy: { from: [0.0.0.0/0] }')}${passwords}`,
      'grave listeners[0].proxy.from[0]',
    ],
    [
      'half of all addresses are proxies',
      `${listener('proxy: { from: ["::/1"] }')}${passwords}`,
      'grave listeners[0].proxy.from[0]',
    ],
    [
      'a wide range of proxies',
      `${listener('proxy: { from: [8.0.0.0/6] }')}${passwords}`,
      'warning listeners[0].proxy.from[0]',
    ],
    [
      'a wide range that names certificates',
      `${listener('proxy: { from: [8.0.0.0/6], certificate: believe }').replace('one-way', 'off')}${passwords}`,
      'grave listeners[0].proxy.from[0]',
    ],
    [
      'a proxy that names certificates',
      `${listener('proxy: { from: [10.0.0.1], certificate: believe }').replace('one-way', 'off')}${passwords}`,
      'note listeners[0].proxy.certificate',
    ],
    [
      'cheap hashes',
      'access: { passwords: { file: users, argon2: { memory: 8MiB } } }',
      'warning access.passwords.argon2.memory',
    ],
    [
      'a secret in a header',
      'access: { http: { authenticate: { url: "https://a/b", headers: { x-api-key: abc } } } }',
      'warning access.http.authenticate.headers.x-api-key',
    ],
    [
      'passwords in the clear',
      'access: { http: { authenticate: { url: "http://192.0.2.1/b" } } }',
      'grave access.http.authenticate.url',
    ],
    [
      'answers about what clients may do that others can give',
      'access: { http: { authorize: { url: "http://192.0.2.1/b" } } }',
      'grave access.http.authorize.url',
    ],
    [
      'an installer for every name',
      `enrollment: { rules: [{ identity: i, commonNames: ['*'] }] }`,
      'warning enrollment.rules[0].commonNames',
    ],
    ['the hub beyond this machine', 'nats: { hub: { bind: 0.0.0.0:4222, allowRemote: true } }', 'grave nats.hub.bind'],
    [
      'the hub beyond this machine with passwords in the clear',
      `${passwords}nats: { hub: { bind: 0.0.0.0:4222, authentication: [password] } }`,
      'grave nats.hub.tls',
    ],
    ['NATS without TLS', 'nats: { servers: [nats://192.0.2.1:4222] }', 'warning nats.servers[0]'],
    ['NATS without a login', 'nats: { servers: [tls://192.0.2.1:4222] }', 'warning nats.servers'],
    ['Redis without TLS', 'store: { type: redis, redis: { url: redis://192.0.2.1 } }', 'warning store.redis.url'],
    [
      'Redis without a password, far away',
      'store: { type: redis, redis: { url: rediss://192.0.2.1 } }',
      'warning store.redis.password',
    ],
    ['Redis without a password, here', 'store: { type: redis }', 'note store.redis.password'],
    ['metrics for everybody', 'metrics: { allow: { addresses: [0.0.0.0/0] } }', 'warning metrics.allow.addresses[0]'],
    [
      'a token without TLS',
      `${listener('').replace('one-way', 'off').replace('mqtt', 'http')}metrics: { allow: { token: { env: T } } }`,
      'warning metrics.allow.token',
    ],
    ['the console beyond this machine', listener('').replace('mqtt', 'http'), 'note console.enabled'],
  ] as const)('%s', (_, text, expected) => {
    expect(judged(text)).toContain(expected);
  });

  test.each([
    [
      'a proxy with an address of its own',
      `${listener('proxy: { from: [10.0.0.0/8, "fd00::/16"] }')}${passwords}`,
      /proxy\.from/,
    ],
    [
      'rules for somebody',
      'access: { rules: [{ allow: all, user: ada }, { allow: all, topics: [a/#] }, { deny: all }] }',
      /access\.rules/,
    ],
    [
      'Redis by a socket with a password',
      'store: { type: redis, redis: { url: unix:///r.sock, password: { env: P } } }',
      /store\.redis/,
    ],
    [
      'more passes over less memory',
      'access: { passwords: { file: users, argon2: { memory: 8MiB, passes: 5 } } }',
      /argon2/,
    ],
    [
      'nats-server instead of the hub',
      'nats: { servers: [tls://192.0.2.1], creds: f, hub: { bind: 0.0.0.0:1, allowRemote: true } }',
      /nats/,
    ],
    [
      'a hub that asks for passwords over TLS',
      `${passwords}nats: { hub: { bind: 0.0.0.0:4222, tls: one-way, authentication: [password] } }`,
      /hub/,
    ],
    [
      'anonymous where a certificate is needed',
      `${listener('').replace('one-way', 'two-way')}access: { anonymous: [a] }`,
      /name/,
    ],
  ] as const)('%s is nothing', (_, text, pattern) => {
    expect(judged(text).filter((line) => pattern.test(line))).toEqual([]);
  });
});
