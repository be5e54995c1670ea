import { expect, test } from 'vitest';
import { composeConfig, type LoadedConfig } from './compose.ts';
import { explainConfig } from './explain.ts';
import { printed } from './redact.ts';

function load(text: string, env: Record<string, string> = {}): LoadedConfig {
  const composed = composeConfig({ file: { name: 'v.yaml', text }, env, flags: [] });
  if (composed.kind === 'refused') throw new Error(JSON.stringify(composed.problems));
  return composed;
}

test('a setting is explained by its value as written, its origin, its meaning and what a change takes', () => {
  expect(explainConfig(load('limits:\n  sessionExpiry: 90s\n'), 'limits.sessionExpiry')).toEqual([
    {
      path: 'limits.sessionExpiry',
      value: '90s',
      origin: 'v.yaml:2:18',
      description: expect.stringContaining('Longest time that a session is kept'),
      reload: 'live',
      limit: expect.objectContaining({ bounds: 'session', metric: 'sessions_expired_total' }),
    },
  ]);
});

test('settings of list elements have a place each', () => {
  const fields = explainConfig(load(''), 'listeners[1]');
  expect(fields.map(({ path }) => path)).toContain('listeners[1].bind');
  expect(fields.every(({ path, origin }) => path.startsWith('listeners[1].') && origin === 'default')).toBe(true);
});

test('a path that is no setting explains nothing', () => {
  expect(explainConfig(load(''), 'limits.keepalive')).toEqual([]);
  expect(explainConfig(load(''), 'a b')).toEqual([]);
});

test('secrets are not shown, not even where they come from', () => {
  const text = 'nats:\n  servers: ["nats://a:4222"]\n';
  const env = { VIADUCT_NATS_TOKEN_ENV: 'MY_TOKEN', MY_TOKEN: 'hunter3' };
  const fields = explainConfig(load(text, env), 'nats');
  expect(JSON.stringify(fields)).not.toMatch(/hunter|MY_TOKEN/);
  expect(fields).toContainEqual(
    expect.objectContaining({ path: 'nats.token', value: '***', origin: 'VIADUCT_NATS_TOKEN_ENV' }),
  );
  expect(fields).toContainEqual(expect.objectContaining({ path: 'nats.servers', value: '["nats://a:4222"]' }));
  expect(fields).toContainEqual(expect.objectContaining({ path: 'nats.nkey', value: '(not set)' }));
});

test('credentials in anything like a URL are not shown', () => {
  expect(printed(['nats://me:hunter2@a:4222', 'tls://s3cret@b'], false)).toBe('["nats://***@a:4222","tls://***@b"]');
});

test('every setting has a meaning', () => {
  expect(explainConfig(load('')).filter(({ description }) => description === '')).toEqual([]);
});
