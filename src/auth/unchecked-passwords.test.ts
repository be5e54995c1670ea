import { expect, test } from 'vitest';
import { authenticationRequest } from '../../test/support/authentication-request.ts';
import { recordedTelemetry } from '../../test/support/recorded-telemetry.ts';
import type { Acceptance, AuthenticationRequest, Authenticator, Peer } from '../broker/ports.ts';
import { withoutUncheckedPasswords } from './unchecked-passwords.ts';

const ann: Acceptance = { kind: 'accept', principal: 'ann', trust: 'test' };
const login = (listener: string, password: string | undefined): AuthenticationRequest => {
  const peer: Peer = { listener, protocol: 'mqtt', address: '192.0.2.1', port: 1, tls: undefined };
  return authenticationRequest({ peer, username: 'bob', password });
};
const atOnce = (verdict: Acceptance): Authenticator => ({ authenticate: () => verdict });
const later = (verdict: Acceptance): Authenticator => ({ authenticate: () => () => Promise.resolve(verdict) });

/** What comes of a login, known at once or not. */
async function outcomeOf(authenticator: Authenticator, request: AuthenticationRequest) {
  const answer = authenticator.authenticate(request);
  return typeof answer === 'function' ? await answer(AbortSignal.timeout(1_000)) : answer;
}

test.each([
  ['at once', atOnce],
  ['after a question', later],
])(
  'a password that nobody checked is said once for each listener and counted, with a verdict %s',
  async (_when, known) => {
    const telemetry = recordedTelemetry();
    const authenticator = withoutUncheckedPasswords(known(ann), { uncheckedPasswords: 'ignore' }, telemetry.events);
    expect(await outcomeOf(authenticator, login('a', undefined))).toEqual(ann);
    expect(telemetry.lines('warn')).toEqual([]);
    for (const listener of ['a', 'a', 'b', 'a'])
      expect(await outcomeOf(authenticator, login(listener, 'secret'))).toEqual(ann);
    expect(telemetry.lines('warn')).toEqual([
      expect.stringContaining(
        'clients on listener "a" send passwords, and nobody checks them: one was let in as "ann"',
      ),
      expect.stringContaining('clients on listener "b" send passwords'),
    ]);
    expect(telemetry.lines('warn').join()).not.toContain('secret');
    expect(telemetry.count('auth_unchecked_passwords_total', { listener: 'a' })).toBe(3);
  },
);

test.each([
  ['at once', atOnce],
  ['after a question', later],
])(
  'access.uncheckedPasswords: refuse tells the client that its password is wrong, with a verdict %s',
  async (_when, known) => {
    const telemetry = recordedTelemetry();
    const authenticator = withoutUncheckedPasswords(known(ann), { uncheckedPasswords: 'refuse' }, telemetry.events);
    expect(await outcomeOf(authenticator, login('a', undefined))).toEqual(ann);
    expect(await outcomeOf(authenticator, login('a', ''))).toMatchObject({
      kind: 'reject',
      code: 'bad-credentials',
      reason: expect.stringContaining('access.uncheckedPasswords'),
    });
  },
);

test('a password that was checked is none of its business', async () => {
  const telemetry = recordedTelemetry();
  const checked = { ...ann, isPasswordChecked: true };
  for (const uncheckedPasswords of ['ignore', 'refuse'] as const) {
    const authenticator = withoutUncheckedPasswords(atOnce(checked), { uncheckedPasswords }, telemetry.events);
    expect(await outcomeOf(authenticator, login('a', 'secret'))).toEqual(checked);
  }
  expect(telemetry.count('auth_unchecked_passwords_total')).toBe(0);
});
