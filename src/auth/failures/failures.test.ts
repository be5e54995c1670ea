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

/** A login by an exchange that says itself as whom, where CONNECT has no user name. */
function exchangeWorld(options: object = {}) {
  const clock = fakeClock();
  const telemetry = recordedTelemetry();
  const parsed = failuresSchema.parse({ count: 3, window: '1m', ban: '5m', ...options });
  const guarded = createFailures(parsed, { events: telemetry.events, clock }).guard({
    serves: (_peer, method) => method === 'm',
    authenticate:
      ({ exchange }) =>
      async (): Promise<AuthenticationVerdict> => {
        const [user = '', password] = Buffer.from((await exchange?.ask(undefined)) ?? '')
          .toString()
          .split(':');
        if (password === 'right') return { kind: 'accept', principal: user, trust: 'password' };
        return { kind: 'reject', code: 'bad-credentials', reason: 'no', user };
      },
  });
  const begin = (user: string, address = '192.0.2.7') => {
    const peer = { listener: 'l', protocol: 'mqtt', address, port: 1, tls: undefined } as const;
    let resolve: (answer: Uint8Array) => void = () => undefined;
    const answer = new Promise<Uint8Array>((next) => {
      resolve = next;
    });
    const exchange = { method: 'm', data: undefined, ask: () => answer };
    const question = guarded.authenticate({ ...authenticationRequest({ peer }), exchange });
    const verdict = typeof question === 'function' ? question(AbortSignal.timeout(10_000)) : Promise.resolve(question);
    return async (password: string): Promise<string | undefined> => {
      resolve(Buffer.from(`${user}:${password}`));
      const said = await verdict;
      return said.kind === 'reject' ? said.code : said.kind;
    };
  };
  return { guarded, telemetry, begin };
}

test('exchanges that fail count for the address, and those that were open meanwhile are judged by it too', async () => {
  const { guarded, begin } = exchangeWorld();
  expect(
    guarded.serves?.({ listener: 'l', protocol: 'mqtt', address: '192.0.2.7', port: 1, tls: undefined }, 'm'),
  ).toBe(true);
  const open = begin('alice');
  for (let index = 0; index < 3; index += 1) expect(await begin('alice')('wrong')).toBe('bad-credentials');
  expect(await open('right')).toBe('banned'); // as a wrong one: nobody learns that it was right
  expect(await begin('alice')('right')).toBe('banned');
  expect(await begin('alice', '192.0.2.8')('right')).toBe('accept');
});

test('exchanges that fail count for the user that they are about, with perUser', async () => {
  const { begin, telemetry } = exchangeWorld({ count: 100, perUser: 3 });
  expect(await begin('alice', '203.0.113.1')('right')).toBe('accept');
  for (const end of [1, 2, 3]) await begin('alice', `198.51.100.${end}`)('wrong');
  expect(telemetry.count('login_failure_bans_total', { what: 'user' })).toBe(1);
  expect(await begin('alice', '198.51.100.4')('right')).toBe('banned');
  expect(await begin('alice', '198.51.100.4')('wrong')).toBe('banned');
  expect(await begin('bob', '198.51.100.4')('right')).toBe('accept');
  expect(await begin('alice', '203.0.113.1')('right')).toBe('accept'); // who has logged in from there before
});

test('whoever has logged in by an exchange is let in while its address is kept out, and nobody else from there', async () => {
  const { begin } = exchangeWorld();
  expect(await begin('alice')('right')).toBe('accept');
  for (let index = 0; index < 3; index += 1) await begin('mallory')('wrong');
  expect(await begin('alice')('right')).toBe('accept');
  expect(await begin('carol')('right')).toBe('banned');
  for (let index = 0; index < 3; index += 1) expect(await begin('alice')('wrong')).toBe('bad-credentials');
  expect(await begin('alice')('right')).toBe('banned');
});
