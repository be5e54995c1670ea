import { expect, test } from 'vitest';
import { changesOf, withoutRestart } from './changes.ts';
import { composeConfig, type LoadedConfig } from './compose.ts';
import { describe, type Field } from './describe.ts';
import { configSchema } from './schema.ts';

function loaded(text: string) {
  const composed = composeConfig({ file: { name: 'test.yaml', text }, env: {}, flags: [] });
  if (composed.kind === 'refused') throw new Error(composed.problems.map(({ message }) => message).join('\n'));
  return composed;
}
const paths = (before: string, after: string) => changesOf(loaded(before), loaded(after)).map(({ path }) => path);
const rule = (name: string, more = '') => `{ name: ${name}, topic: ${name}/#, subject: ${name}.>${more} }`;
const listener = (name: string, more = '') => `{ name: ${name}, bind: 127.0.0.1:0, tls: off, accept: [mqtt]${more} }`;

test('what was changed, added and taken away is named; a default that is written down is no change', () => {
  const before = 'log: { level: info }\nlimits: { packetSize: 2MiB, inFlight: 10 }';
  const after = 'log: { level: debug }\nlimits: { packetSize: 2MiB, receiveMaximum: 1024 }';
  expect(paths(before, after)).toEqual(['limits.inFlight', 'log.level']);
  expect(paths(before, before)).toEqual([]);
});

test('an entry of a list that is new or gone is named as a whole', () => {
  const changes = changesOf(
    loaded(`listeners: [${listener('a')}, ${listener('b')}]\nbridge: { rules: [${rule('a')}] }`),
    loaded(`listeners: [${listener('b')}]\nbridge: { rules: [${rule('a')}, ${rule('b')}] }`),
  );
  expect(changes.map(({ path, kind }) => [path, kind])).toEqual([
    ['bridge.rules[b]', 'added'],
    ['listeners[a]', 'removed'],
  ]);
});

test('an entry is the same wherever it stands in its list', () => {
  const [a, b] = [listener('a'), listener('b', ', handshakeTimeout: 1s')];
  expect(paths(`listeners: [${a}, ${b}]`, `listeners: [${b}, ${a}]`)).toEqual([]);
  expect(paths(`listeners: [${a}, ${b}]`, `listeners: [${listener('b')}, ${a}]`)).toEqual([
    'listeners[b].handshakeTimeout',
  ]);
});

test('settings that need a restart stay as they are until then, the others are taken over', () => {
  const running = loaded('node: a\nstore: { type: memory, queue: { messages: 5 } }');
  const next = loaded(`node: b\nlimits: { inFlight: 5 }\nlisteners: [${listener('a')}]`);
  const taken = withoutRestart(running, next);
  if (taken.kind !== 'loaded') throw new Error('refused');
  expect(taken.config.node).toBe('a');
  expect(taken.config.store).toMatchObject({ type: 'memory', queue: { messages: 5 } });
  expect(taken.config.limits.inFlight).toBe(5);
  expect(taken.config.listeners.map(({ name }) => name)).toEqual(['a']);
  expect(changesOf(taken, next).map(({ path }) => path)).toEqual(['node', 'store.type', 'store.queue.messages']);
});

test('a setting that was not given before stays so while it waits, with everything below it', () => {
  const taken = withoutRestart(loaded('log: { level: info }'), loaded('nats: { servers: [nats://a], tls: {} }'));
  expect(taken).toMatchObject({ kind: 'loaded', config: { nats: { servers: [] } } });
});

const durations = ['2s', '90s', '2h', '8d'];
const sizes = ['2KiB', '2MiB', '128MiB', '2GiB'];
const strings = [
  'other',
  '127.0.0.1:1',
  'rediss://127.0.0.1:1',
  { env: 'OTHER' },
  ['nats://127.0.0.1:1'],
  ['other'],
  ['certificate'],
];

/** Values that a setting of this type may have. */
function valuesOf({ type, default: usual }: Field): readonly unknown[] {
  if (type === 'true or false') return [usual !== true];
  if (type.startsWith('duration')) return durations;
  if (type.startsWith('size')) return sizes;
  const [, least] = /^integer, (\d+)/.exec(type) ?? [];
  if (least !== undefined) return [Number(least), Number(least) + 1, Number(usual) + 1];
  return [...type.split(/, | or /), ...strings];
}

/** Settings that another one means nothing without. */
const contexts = [
  {},
  { nats: { servers: ['nats://127.0.0.1:4222'] } },
  {
    nats: {
      servers: ['nats://127.0.0.1:4222'],
      user: 'u',
      password: { env: 'P' },
      tls: { cert: 'c.pem', key: 'k.pem' },
    },
  },
  {
    store: {
      redis: {
        url: 'rediss://127.0.0.1:6379',
        user: 'u',
        password: { env: 'P' },
        tls: { cert: 'c.pem', key: 'k.pem' },
      },
    },
  },
  { bridge: { codec: { compat: 'custom' } } },
];

const withValue = (context: object, [step = '', ...rest]: readonly string[], value: unknown): object => ({
  ...context,
  [step]: rest.length === 0 ? value : withValue(Object(Reflect.get(context, step)), rest, value),
});
const configOf = (value: object): LoadedConfig | undefined => {
  const composed = composeConfig({ file: { name: 'test.yaml', text: JSON.stringify(value) }, env: {}, flags: [] });
  return composed.kind === 'loaded' ? composed : undefined;
};

const bases = contexts.map((context) => ({ context, before: configOf(context) }));

/** Two configurations that differ in this setting alone. */
function pairFor(field: Field): readonly [LoadedConfig, LoadedConfig] | undefined {
  for (const { context, before } of bases) {
    for (const value of valuesOf(field)) {
      const after = configOf(withValue(context, field.path.split('.'), value));
      if (before === undefined || after === undefined) continue;
      if (changesOf(before, after).some(({ path }) => path === field.path)) return [before, after];
    }
  }
  return undefined;
}

const waiting = describe(configSchema).filter(({ reload }) => reload === 'process');

test.each(waiting.map((field) => [field.path, field] as const))('%s stays as it is until a restart', (path, field) => {
  const [before, after] = pairFor(field) ?? [];
  if (before === undefined || after === undefined) throw new Error(`no value was found to change ${path} to`);
  const next = withoutRestart(before, after);
  if (next.kind !== 'loaded') throw new Error(next.problems.map(({ message }) => message).join('; '));
  expect(changesOf(before, next)).toEqual([]);
  expect(changesOf(next, after)).toEqual([{ path, kind: 'changed', reload: 'process' }]);
});
