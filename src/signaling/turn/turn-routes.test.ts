import { expect, test } from 'vitest';
import { fakeClock } from '../../../test/support/fake-clock.ts';
import { recordedTelemetry } from '../../../test/support/recorded-telemetry.ts';
import { webOf } from '../../../test/support/web.ts';
import { turnRoutes } from './turn-routes.ts';
import { type TurnOptions, turnSchema } from './turn-schema.ts';

const key = 'a key of the application server';
const other = 'a key of Janus, which is not the same';
const path = (parameters: Record<string, string>): string =>
  `/turn/credentials?${new URLSearchParams(parameters).toString()}`;
const good = path({ service: 'turn', username: 'ann', key });
const overTls = { protocol: 'https' } as const;

function world(more: object = {}) {
  const options = turnSchema.parse({
    uris: ['turn:turn.example.com'],
    secrets: [{ secret: { env: 'the secret of coturn' } }],
    keys: [{ env: key }, { env: other }],
    ...more,
  }) as TurnOptions;
  const telemetry = recordedTelemetry();
  const clock = fakeClock(0);
  const secretOf = (to: object): string => ('env' in to ? String(to.env) : '');
  const web = webOf(turnRoutes(options, { secretOf, clock, events: telemetry.events }));
  const status = async (at: string, peer: object = overTls, method = 'GET', body = ''): Promise<number> =>
    (await web.request(at, { method, body }, peer)).status;
  return { web, telemetry, clock, status };
}

test.each(['GET', 'POST'])('%s gives credentials to who shows one of the keys, as key or as api', async (method) => {
  const { web, telemetry } = world();
  for (const name of ['key', 'api'])
    for (const shown of [key, other]) {
      const answer = await web.request(path({ service: 'turn', username: 'ann', [name]: shown }), { method }, overTls);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(await answer.json()).toEqual({
        username: '3600:ann',
        password: expect.stringMatching(/^[A-Za-z0-9+/]{27}=$/),
        ttl: 3_600,
        uris: ['turn:turn.example.com'],
      });
    }
  expect(telemetry.count('turn_credentials_total', { result: 'given' })).toBe(4);
});

test('without a user name, the expiry stands alone', async () => {
  const { web } = world();
  for (const parameters of [{}, { username: '' }]) {
    const answer = await web.request(path({ service: 'turn', key, ...parameters }), {}, overTls);
    expect(await answer.json()).toMatchObject({ username: '3600' });
  }
});

test('the parameters of a POST may stand in its body, where no log has them', async () => {
  const { status } = world();
  const body = new URLSearchParams({ service: 'turn', key }).toString();
  expect(await status('/turn/credentials', overTls, 'POST', body)).toBe(200);
  expect(await status('/turn/credentials', overTls, 'POST', 'x'.repeat(5_000))).toBe(413);
});

test.each([
  ['no service', { key }, 400],
  ['another service', { service: 'stun', key }, 400],
  ['no key', { service: 'turn' }, 400],
  ['an empty key', { service: 'turn', key: '' }, 400],
  ['a wrong key', { service: 'turn', key: 'wrong' }, 403],
  ['a key with more behind it', { service: 'turn', key: `${key}x` }, 403],
  ['a user name that is too long', { service: 'turn', key, username: 'ä'.repeat(129) }, 400],
  ['a user name with a control character', { service: 'turn', key, username: 'a\n' }, 400],
])('%s is refused', async (_what, parameters, expected) => {
  const { status, telemetry } = world();
  expect(await status(path(parameters))).toBe(expected);
  const result = expected === 403 ? 'refused' : 'malformed';
  expect(telemetry.count('turn_credentials_total', { result })).toBe(1);
  expect(telemetry.count('turn_keys_refused_total')).toBe(expected === 403 ? 1 : 0);
});

test('where others could read the answer there is none: it needs https, this machine, or a proxy that is believed', async () => {
  const { status } = world();
  expect(await status(good, { protocol: 'http' })).toBe(403);
  expect(await status(good, { protocol: 'http', address: '127.0.0.1' })).toBe(200);
  expect(await status(good, { protocol: 'http', via: '10.0.0.1' })).toBe(200);
});

test('without signaling.turn there is nothing', async () => {
  const { events } = recordedTelemetry();
  const web = webOf(turnRoutes(undefined, { secretOf: () => '', clock: fakeClock(), events }));
  expect((await web.request(good, {}, overTls)).status).toBe(404);
});

test('who asks too fast is told when to come again, and nobody else', async () => {
  const { web, status, clock } = world({ requestsPerMinute: 4 });
  for (let count = 0; count < 4; count += 1) expect(await status(good)).toBe(200);
  const answer = await web.request(good, {}, overTls);
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '15']);
  expect(await status(good, { ...overTls, address: '192.0.2.9' })).toBe(200);
  clock.advance(15_000);
  expect(await status(good)).toBe(200);
});

test('who guesses keys is soon told nothing, costs no more lines of log, and keeps nobody beside him out', async () => {
  const { status, telemetry } = world({ wrongKeysPerMinute: 2 });
  const wrong = path({ service: 'turn', key: 'wrong' });
  expect([await status(wrong), await status(wrong), await status(wrong)]).toEqual([403, 403, 429]);
  expect(telemetry.lines('warn')).toHaveLength(2);
  expect(await status(good)).toBe(200);
});

test('no line of log has a key, a password or a user name', async () => {
  const { web, telemetry, status } = world();
  const { password } = (await (await web.request(good, {}, overTls)).json()) as { password: string };
  await status(path({ service: 'turn', username: 'ann', key: 'a wrong key' }));
  const lines = ['debug', 'info', 'warn', 'error'].flatMap((level) => telemetry.lines(level));
  expect(lines).toHaveLength(3);
  for (const secret of [key, password, 'ann', 'a wrong key']) expect(lines.join('\n')).not.toContain(secret);
});
