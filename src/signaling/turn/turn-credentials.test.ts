import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { fakeClock } from '../../../test/support/fake-clock.ts';
import { createTurnCredentials, type SigningSecret } from './turn-credentials.ts';

const uris = ['turn:turn.example.com'];
const lifetimeMs = 3_600_000;
const signed = (secret: string, username: string): string =>
  createHmac('sha1', secret).update(username).digest('base64');

test('a user name is `<unix expiry>:<user>`, or the expiry alone, and the password its HMAC-SHA1 (TURN REST draft 2.2)', () => {
  const credentialsFor = createTurnCredentials(
    { uris, secrets: [{ text: 'north', fromMs: undefined }], lifetimeMs },
    fakeClock(1_000_000_999),
  );
  expect(credentialsFor('ann')).toEqual({
    username: '1003600:ann',
    password: signed('north', '1003600:ann'),
    ttl: 3_600,
    uris,
  });
  expect(credentialsFor(undefined)).toMatchObject({ username: '1003600', password: signed('north', '1003600') });
});

const old: SigningSecret = { text: 'old', fromMs: undefined };
const next: SigningSecret = { text: 'next', fromMs: 10_000 };

test.each([
  ['a secret without a time signs until the other begins', [old, next], 9_999, 'old'],
  ['from its time on the other signs', [old, next], 10_000, 'next'],
  ['in whatever order they stand', [next, old], 10_000, 'next'],
  ['of two that have begun the later', [{ text: 'old', fromMs: 1 }, next], 10_000, 'next'],
  ['where none has begun, the one that does first', [next, { text: 'old', fromMs: 9_000 }], 5_000, 'old'],
] as const)('%s', (_what, secrets, nowMs, signer) => {
  const { username, password } = createTurnCredentials({ uris, secrets, lifetimeMs }, fakeClock(nowMs))('ann');
  expect(password).toBe(signed(signer, username));
});
