import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { fakeClock } from '../../../test/support/fake-clock.ts';
import { recordedTelemetry } from '../../../test/support/recorded-telemetry.ts';
import { LastKeySet } from '../last-key-set.ts';
import type { HttpAnswer, HttpClient } from '../outside/http-client.ts';
import { readKeySet } from './key-set.ts';
import { RemoteKeys } from './remote-keys.ts';
import { jwtSchema } from './schema.ts';

const jwkOf = (kid: string | undefined, more: object = {}): object => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
  ...(kid === undefined ? {} : { kid }),
  ...more,
});
const setOf = (...keys: object[]): HttpAnswer => ({
  status: 200,
  type: 'application/json',
  body: JSON.stringify({ keys }),
});
const first = jwkOf('first');
const second = jwkOf('second');
const wanted = (keyId: string | undefined) => ({ algorithm: 'ES256' as const, keyId });

function world(answers: (HttpAnswer | string | Promise<string>)[], keySet: object = {}) {
  const options = jwtSchema.parse({ algorithms: ['ES256'], keySet: { url: 'https://id.example.com/keys', ...keySet } });
  const clock = fakeClock(Date.parse('2026-06-01T00:00:00Z'));
  const telemetry = recordedTelemetry();
  const asked: string[] = [];
  const http: Pick<HttpClient, 'send'> = {
    send: async ({ url }) => {
      asked.push(url);
      return (await answers[asked.length - 1]) ?? 'nobody is there';
    },
  };
  const deps = { http, clock, events: telemetry.events, last: new LastKeySet() };
  const keys = new RemoteKeys({ ...options!.keySet!, algorithms: options!.algorithms, ca: undefined }, deps);
  return { keys, clock, telemetry, asked };
}

test('a set is fetched once for many tokens, also when they come at the same time', async () => {
  const { keys, asked, telemetry } = world([setOf(first, second)]);
  const found = await Promise.all([wanted('first'), wanted('second'), wanted(undefined)].map((one) => keys.find(one)));
  expect(found.map((one) => one?.length)).toEqual([1, 1, 2]);
  expect(asked).toEqual(['https://id.example.com/keys']);
  expect(telemetry.lines('info').join()).toContain('has 2 keys');
});

test('a key that is new is fetched when its first token comes, no sooner than the cool-down allows', async () => {
  const { keys, clock, asked } = world([setOf(first), setOf(first, second)]);
  expect(await keys.find(wanted('first'))).toHaveLength(1);
  for (let index = 0; index < 100; index += 1) expect(await keys.find(wanted(`made-up-${index}`))).toEqual([]);
  expect(asked).toHaveLength(1);
  clock.advance(10_000);
  expect(await keys.find(wanted('second'))).toHaveLength(1);
  expect(asked).toHaveLength(2);
});

test('a key that was taken back counts no more once the set was fetched again', async () => {
  const { keys, clock, asked } = world([setOf(first), setOf(second)]);
  await keys.find(wanted('first'));
  clock.advance(600_000);
  expect(await keys.find(wanted('first'))).toHaveLength(1); // at once, from the old set
  await expect.poll(() => keys.find(wanted('first')), { interval: 1 }).toEqual([]);
  expect(asked).toHaveLength(2);
});

test('while the set cannot be fetched known keys count for keySet.outage, and then no more', async () => {
  const { keys, clock, telemetry, asked } = world([setOf(first)]);
  await keys.find(wanted('first'));
  clock.advance(600_000 + 3_600_000);
  expect(await keys.find(wanted('first'))).toHaveLength(1);
  await expect.poll(() => telemetry.lines('warn').join(), { interval: 1 }).toContain('nobody is there');
  clock.advance(1);
  expect(await keys.find(wanted('first'))).toBeUndefined();
  expect(asked).toHaveLength(2); // the cool-down holds for failures as well
  clock.advance(10_000);
  expect(await keys.find(wanted('first'))).toBeUndefined();
  expect(asked).toHaveLength(3);
  expect(telemetry.lines('warn').at(-1)).toContain('tokens are refused until they can');
});

test('where there never was a set nobody can say', async () => {
  const { keys, telemetry } = world([{ status: 302, type: '', body: '' }]);
  expect(await keys.find(wanted('first'))).toBeUndefined();
  expect(telemetry.lines('warn').join()).toContain('it answers with HTTP status 302');
});

test('a server that does not answer keeps only those waiting who bring an unknown key', async () => {
  const never = new Promise<string>(() => undefined);
  const { keys, clock } = world([setOf(first), never]);
  await keys.find(wanted('first'));
  clock.advance(600_000);
  const waiting = keys.find(wanted('second'));
  expect(await keys.find(wanted('first'))).toHaveLength(1);
  expect(await Promise.race([waiting.then(() => 'answered'), Promise.resolve('waits')])).toBe('waits');
});

test.each([
  ['another use', jwkOf('a', { use: 'enc' })],
  ['another operation', jwkOf('a', { key_ops: ['deriveKey'] })],
  ["a secret, which would be everybody's", { kty: 'oct', k: 'c2VjcmV0', kid: 'a' }],
  [
    'a curve that no algorithm is for',
    { ...generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' }) },
  ],
  ['a short RSA key', { ...generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey.export({ format: 'jwk' }) }],
  ['one that cannot be read', { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }],
  ['something else', 7],
])('of a set, a key with %s is left out', (_name, key) => {
  expect(readKeySet(JSON.stringify({ keys: [key, first] }), ['ES256', 'RS256', 'HS256'])).toHaveLength(1);
});

test.each([
  ['<html>', 'what it answers is not JSON'],
  ['{}', 'there is no list "keys"'],
  ['[]', 'there is no list "keys"'],
  ['null', 'there is no list "keys"'],
  [JSON.stringify({ keys: Array.from({ length: 128 + 1 }, () => ({})) }), 'it has 129 keys; 128 are allowed'],
])('what is no set says so: %s', (text, problem) => {
  expect(readKeySet(text, ['ES256'])).toContain(problem);
});

test('a key with an algorithm of its own is for that alone', async () => {
  const { keys } = world([setOf(jwkOf('a', { alg: 'ES384' }), jwkOf('b', { alg: 'ES256' }))]);
  expect(await keys.find(wanted(undefined))).toHaveLength(1);
});
