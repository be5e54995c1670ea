import { expect, test } from 'vitest';
import { changesOf, withoutRestart } from './changes.ts';
import { composeConfig } from './compose.ts';

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
