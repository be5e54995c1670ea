import { expect, test } from 'vitest';
import { authenticationRequest } from '../../../test/support/authentication-request.ts';
import { fakeClock } from '../../../test/support/fake-clock.ts';
import { recordedTelemetry } from '../../../test/support/recorded-telemetry.ts';
import type { AuthenticationVerdict } from '../../broker/ports.ts';
import { createFailures } from './failures.ts';
import { failuresSchema } from './schema.ts';

function world(options: object = {}) {
  const clock = fakeClock();
  const telemetry = recordedTelemetry();
  const parsed = failuresSchema.parse({ count: 3, window: '1m', ban: '5m', ...options });
  const failures = createFailures(parsed, { events: telemetry.events, clock });
  let asked = 0;
  const guarded = failures.guard({
    authenticate({ connect: { username = '' }, password }): AuthenticationVerdict {
      asked += 1;
      const text = password?.toString() ?? '';
      if (text === 'right') return { kind: 'accept', principal: username, trust: 'password', isPasswordChecked: true };
      const code = text === 'away' ? 'unavailable' : 'bad-credentials';
      return { kind: 'reject', code, reason: text };
    },
  });
  const login = async (password: string | undefined, { address = '192.0.2.7', username = 'alice' } = {}) => {
    const peer = { listener: 'l', protocol: 'mqtt', address, port: 1, tls: undefined } as const;
    const answer = guarded.authenticate(authenticationRequest({ peer, username, password }));
    const verdict = typeof answer === 'function' ? await answer(AbortSignal.timeout(10_000)) : answer;
    return verdict.kind === 'reject' ? verdict.code : verdict.kind;
  };
  const fail = async (times: number, whom = {}): Promise<void> => {
    for (let index = 0; index < times; index += 1) await login('wrong', whom);
  };
  return { clock, telemetry, failures, login, fail, asked: () => asked };
}

test('an address that fails too often is kept out for a while, without a provider being asked', async () => {
  const { login, fail, asked, clock, telemetry } = world();
  await fail(3);
  expect(await login('right')).toBe('banned');
  expect(asked()).toBe(3);
  expect(telemetry.count('login_failure_bans_total', { what: 'address' })).toBe(1);
  expect(await login('right', { address: '192.0.2.8' })).toBe('accept');
  clock.advance(300_000);
  expect(await login('right')).toBe('accept');
});

test('failures are forgotten evenly', async () => {
  const { login, fail, clock } = world();
  for (let round = 0; round < 10; round += 1) {
    await fail(1);
    clock.advance(20_000);
  }
  expect(await login('right')).toBe('accept');
});

test('nobody is locked out by others: who has logged in from there before is asked, until that pair fails as often', async () => {
  const { login, fail } = world();
  expect(await login('right')).toBe('accept');
  await fail(3, { username: 'mallory' });
  expect(await login('right', { username: 'carol' })).toBe('banned');
  expect(await login('right')).toBe('accept');
  await fail(3);
  expect(await login('right')).toBe('banned');
});

test('a user name that is guessed from many addresses is let in where it has been before, and nowhere else', async () => {
  const { login, fail, telemetry } = world({ perUser: 4 });
  expect(await login('right', { address: '203.0.113.1' })).toBe('accept');
  for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4']) await fail(1, { address });
  expect(telemetry.count('login_failure_bans_total', { what: 'user' })).toBe(1);
  expect(await login('right', { address: '198.51.100.1' })).toBe('banned');
  expect(await login('right', { address: '203.0.113.1' })).toBe('accept');
  expect(await login('right', { address: '198.51.100.1', username: 'bob' })).toBe('accept');
});

test('all of one IPv6 network of /64 is one address', async () => {
  const { login, fail } = world();
  for (const end of ['1', '2', '3']) await fail(1, { address: `2001:db8:1:2::${end}` });
  expect(await login('right', { address: '2001:db8:1:2:ffff::9' })).toBe('banned');
  expect(await login('right', { address: '2001:db8:1:3::9' })).toBe('accept');
});

test.each([
  ['this machine', 'wrong', { address: '127.0.0.1' }],
  ['a provider that is away', 'away', {}],
  ['a client without a password', undefined, {}],
])('%s never counts', async (_what, password, whom) => {
  const { login } = world();
  for (let index = 0; index < 10; index += 1) expect(await login(password, whom)).not.toBe('banned');
  expect(await login('right', whom)).toBe('accept');
});

test('other settings count at once, and what is known of addresses is kept', async () => {
  const { login, fail, failures } = world();
  await fail(3);
  failures.configure(failuresSchema.parse({ count: 10 }));
  expect(await login('right')).toBe('banned');
  failures.configure(undefined);
  expect(await login('right')).toBe('accept');
});
