import { expect, test } from 'vitest';
import { describe } from './describe.ts';
import { readEnvironment } from './env.ts';
import { readFlags } from './flags.ts';
import { configSchema } from './schema.ts';

const overlaysOf = (env: Record<string, string>) =>
  readEnvironment(env, configSchema).overlays.map(({ path, value }) => [path.join('.'), value]);

test.each([
  ['VIADUCT_LOG_LEVEL', 'debug', 'log.level', 'debug'],
  ['VIADUCT_LIMITS_PACKETSIZE', '2MiB', 'limits.packetSize', '2MiB'],
  ['VIADUCT_NATS_HUB_BIND', '127.0.0.1:0', 'nats.hub.bind', '127.0.0.1:0'],
  ['VIADUCT_LISTENERS_0_BIND', '[::1]:1883', 'listeners.0.bind', '[::1]:1883'],
  ['VIADUCT_LISTENERS_0_ACCEPT', 'mqtt, websocket', 'listeners.0.accept', ['mqtt', 'websocket']],
  ['VIADUCT_NATS_SERVERS', 'nats://a:4222,nats://b:4222', 'nats.servers', ['nats://a:4222', 'nats://b:4222']],
  ['VIADUCT_NATS_SERVERS', '["nats://a:4222"]', 'nats.servers', ['nats://a:4222']],
  ['VIADUCT_NATS_USER', '007', 'nats.user', '007'],
  ['VIADUCT_NATS_PASSWORD_FILE', '/run/pw', 'nats.password.file', '/run/pw'],
  ['VIADUCT_NATS_PASSWORD', '{ env: PW }', 'nats.password', { env: 'PW' }],
  ['VIADUCT_BRIDGE_MAXHOPS', '5', 'bridge.maxHops', 5],
  ['VIADUCT_BRIDGE_RULES_0_TOPIC', '*x: #', 'bridge.rules.0.topic', '*x: #'],
  ['VIADUCT_CONSOLE_ENABLED', 'false', 'console.enabled', false],
  ['VIADUCT_ACCESS_ANONYMOUS', 'never', 'access.anonymous', 'never'],
  ['VIADUCT_ACCESS_ANONYMOUS', 'wss', 'access.anonymous', ['wss']],
  ['VIADUCT_ACCESS_ANONYMOUS', '[wss, mqtts]', 'access.anonymous', ['wss', 'mqtts']],
  ['VIADUCT_STORE', '{ type: memory }', 'store', { type: 'memory' }],
])('%s=%s', (name, text, path, value) => {
  expect(overlaysOf({ [name]: text })).toEqual([[path, value]]);
});

test('an empty variable counts as unset', () => {
  expect(overlaysOf({ VIADUCT_LOG_LEVEL: '' })).toEqual([]);
});

test('wider variables come first, so that narrower ones win', () => {
  const paths = overlaysOf({ VIADUCT_LOG_LEVEL: 'warn', VIADUCT_LOG: '{ level: error }' }).map(([path]) => path);
  expect(paths).toEqual(['log', 'log.level']);
});

test('other variables, those of Kubernetes services and VIADUCT_CONFIG are let pass', () => {
  const env = {
    PATH: '/bin',
    VIADUCT_CONFIG: 'v.yaml',
    VIADUCT_SERVICE_HOST: '10.0.0.1',
    VIADUCT_SERVICE_PORT_MQTTS: '8883',
    VIADUCT_PORT: 'tcp://10.0.0.1:8883',
    VIADUCT_PORT_8883_TCP_ADDR: '10.0.0.1',
  };
  expect(readEnvironment(env, configSchema)).toEqual({ overlays: [], problems: [] });
});

test.each(['VIADUCT_', 'VIADUCT_LOG_LEVEL_X', 'VIADUCT___PROTO__', 'VIADUCT_CONSTRUCTOR', 'VIADUCT_LISTENERS_X_BIND'])(
  '%s is no setting',
  (name) => {
    const { problems, overlays } = readEnvironment({ [name]: '1' }, configSchema);
    expect(overlays).toEqual([]);
    expect(problems).toMatchObject([{ from: name, message: expect.stringContaining('no setting has this name') }]);
  },
);

test('every documented variable leads to its setting', () => {
  for (const field of describe(configSchema))
    for (const name of field.environment) {
      const { problems } = readEnvironment({ [name.replaceAll('<n>', '0')]: 'x' }, configSchema);
      expect(
        problems.filter(({ path }) => path === ''),
        name,
      ).toEqual([]);
    }
});

test('flags take a path and a value, of which only the first = divides', () => {
  expect(readFlags(['listeners[0].path=/a=b', 'listeners.1.name=x'], configSchema).overlays).toEqual([
    { path: ['listeners', 0, 'path'], value: '/a=b', from: '--set listeners[0].path' },
    { path: ['listeners', 1, 'name'], value: 'x', from: '--set listeners.1.name' },
  ]);
});

test.each([
  ['log.lvel=x', 'no setting has this path; did you mean "log.level"?'],
  ['log', 'write --set path=value, e.g. --set log.level=debug'],
  ['__proto__.x=1', 'no setting has this path'],
  ['=1', 'no setting has this path'],
  ['listeners[x]=1', 'no setting has this path; did you mean "listeners"?'],
])('--set %s is a problem', (flag, message) => {
  expect(readFlags([flag], configSchema).problems).toMatchObject([{ message }]);
});
