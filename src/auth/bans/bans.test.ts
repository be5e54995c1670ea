import { expect, test } from 'vitest';
import { authenticationRequest } from '../../../test/support/authentication-request.ts';
import { fakeClock } from '../../../test/support/fake-clock.ts';
import { recordedTelemetry } from '../../../test/support/recorded-telemetry.ts';
import type { AuthenticationRequest, AuthenticationVerdict, PeerCertificate } from '../../broker/ports.ts';
import { createBans } from './bans.ts';
import { bansSchema } from './schema.ts';

const start = Date.parse('2026-12-01T00:00:00Z');
const peer = { listener: 'l', protocol: 'mqtt', address: '192.0.2.7', port: 1, tls: undefined } as const;

async function world(list: readonly object[], accepted: AuthenticationVerdict = { kind: 'abstain' }) {
  const clock = fakeClock(start);
  const telemetry = recordedTelemetry();
  const asked: string[] = [];
  const bans = createBans(bansSchema.parse({ list }), {
    events: telemetry.events,
    clock,
    changed: async () => undefined,
  });
  await bans.start(AbortSignal.timeout(10_000));
  const guarded = bans.guard({
    serves: (_peer, method) => method === 'm',
    authenticate:
      ({ clientId }) =>
      async () => {
        asked.push(clientId);
        return accepted;
      },
  });
  const ask = async (request: Partial<AuthenticationRequest> & { username?: string }) => {
    const { username, ...more } = request;
    const answer = guarded.authenticate({ ...authenticationRequest({ peer, username }), ...more });
    return typeof answer === 'function' ? answer(AbortSignal.timeout(10_000)) : answer;
  };
  return { bans, clock, telemetry, asked, ask, guarded };
}

const banned = { kind: 'reject', code: 'banned' };

test.each([
  ['a client id', { clientId: 'a' }, {}],
  ['a user name of CONNECT', { user: 'mallory' }, { username: 'mallory' }],
  ['an address', { address: '192.0.2.7' }, {}],
  ['a network', { address: '192.0.2.0/24' }, {}],
])('%s that is banned is refused, and nobody is asked about it', async (_what, ban, request) => {
  const { ask, asked, telemetry } = await world([ban]);
  expect(await ask(request)).toMatchObject(banned);
  expect(asked).toEqual([]);
  expect(telemetry.count('banned_clients_total', { listener: 'l', by: Object.keys(ban)[0] ?? '' })).toBe(1);
});

test('who is not banned is asked about as always', async () => {
  const { ask, asked } = await world([{ clientId: 'b' }, { user: 'mallory' }, { address: '198.51.100.0/24' }]);
  expect(await ask({})).toEqual({ kind: 'abstain' });
  expect(asked).toEqual(['a']);
});

test('a client proves itself by the methods of those who are guarded, and a ban counts all the same', async () => {
  const accept = { kind: 'accept', principal: 'mallory', trust: 'password' } as const;
  const { ask, guarded } = await world([{ user: 'mallory' }], accept);
  expect(guarded.serves?.(peer, 'm')).toBe(true);
  expect(guarded.serves?.(peer, 'another')).toBe(false);
  const exchange = { method: 'm', data: undefined, ask: () => Promise.resolve(undefined) };
  expect(await ask({ exchange })).toMatchObject(banned);
});

test('a user name counts as whoever knows the client tells it, whatever stands in CONNECT', async () => {
  const accept = { kind: 'accept', principal: 'mallory', trust: 'http' } as const;
  const { ask } = await world([{ user: 'mallory' }], accept);
  expect(await ask({ username: 'alice' })).toMatchObject(banned);
});

test.each([
  ['fingerprint', `AB:${'cd:'.repeat(30)}EF`],
  ['serial number and issuer', { serial: '00:0A:FF', issuer: 'CN=CA' }],
])('a certificate is known by its %s, however that is written', async (_how, certificate) => {
  const shown: PeerCertificate = {
    subject: 'CN=pump',
    issuer: 'CN=CA',
    commonName: 'pump',
    serialNumber: '0AFF',
    fingerprint256: `ab${'cd'.repeat(30)}ef`,
    validTo: start,
    names: () => ({}) as ReturnType<PeerCertificate['names']>,
    pem: () => undefined,
  };
  const tls = { certificate: shown } as unknown as NonNullable<AuthenticationRequest['peer']['tls']>;
  const { ask } = await world([{ certificate }]);
  expect(await ask({ peer: { ...peer, tls } })).toMatchObject(banned);
  const other = { certificate: { ...shown, serialNumber: '0B', fingerprint256: '00'.repeat(32) } } as typeof tls;
  expect(await ask({ peer: { ...peer, tls: other } })).toEqual({ kind: 'abstain' });
});

test('a ban ends at its time, and another of the same client counts on', async () => {
  const list = [
    { clientId: 'a', until: '2026-12-01T00:00:10Z', reason: 'for a while' },
    { clientId: 'b', until: '2026-12-01T00:00:10Z' },
    { clientId: 'b', reason: 'for ever' },
  ];
  const { ask, clock } = await world(list);
  expect(await ask({})).toMatchObject({ reason: expect.stringContaining('for a while') });
  clock.advance(10_000);
  expect(await ask({})).toEqual({ kind: 'abstain' });
  expect(await ask({ clientId: 'b' })).toMatchObject({ reason: expect.stringContaining('for ever') });
});

test('who was accepted and is banned since has to go', async () => {
  const { bans, guarded } = await world([]);
  const client = { clientId: 'a', principal: 'alice', peer } as Parameters<NonNullable<typeof guarded.whyNot>>[0];
  expect(guarded.whyNot?.(client, 'alice')).toBeUndefined();
  const change = await bans.prepare(bansSchema.parse({ list: [{ user: 'alice' }] }), AbortSignal.timeout(10_000));
  expect(guarded.whyNot?.(client, 'alice'), 'nothing counts before it is taken').toBeUndefined();
  await change.commit(AbortSignal.timeout(10_000));
  expect(guarded.whyNot?.(client, undefined)).toBe('user "alice" is banned (access.bans)');
});

test('a ban names one thing', () => {
  expect(bansSchema.safeParse({ list: [{}] }).success).toBe(false);
  expect(bansSchema.safeParse({ list: [{ clientId: 'a', user: 'b' }] }).success).toBe(false);
});
