import { expect, test } from 'vitest';
import { authenticationRequest } from '../../../test/support/authentication-request.ts';
import { fakeClock } from '../../../test/support/fake-clock.ts';
import { recordedTelemetry } from '../../../test/support/recorded-telemetry.ts';
import type { AuthenticationVerdict } from '../../broker/ports.ts';
import { createServiceAuthenticator, type Service } from './service-authenticator.ts';

type Reply = AuthenticationVerdict | string;
const ann: AuthenticationVerdict = { kind: 'accept', principal: 'ann', trust: 'http' };
const defaults = { waiting: 2, remember: 1_000, memory: 100_000, failures: 3, pause: 5_000 };

function world(options: Partial<typeof defaults> = {}) {
  const clock = fakeClock();
  const telemetry = recordedTelemetry();
  const open: { readonly clientId: string; answer(reply: Reply): void; fail(error: unknown): void }[] = [];
  const service: Service = {
    name: 'http.authenticate',
    questionOf: ({ clientId }) => ({
      kind: 'question',
      parts: [clientId],
      ask: () => new Promise((answer, fail) => open.push({ clientId, answer, fail })),
    }),
  };
  const deps = { service, clock, events: telemetry.events };
  const authenticator = createServiceAuthenticator({ ...defaults, ...options }, deps);
  const ask = async (clientId: string, signal = AbortSignal.timeout(60_000)): Promise<AuthenticationVerdict> => {
    const answer = authenticator.authenticate(authenticationRequest({ clientId }));
    return typeof answer === 'function' ? answer(signal) : answer;
  };
  const answered = async (clientId: string, reply: Reply): Promise<AuthenticationVerdict> => {
    const verdict = ask(clientId);
    open.at(-1)?.answer(reply);
    return verdict;
  };
  return { clock, telemetry, open, authenticator, ask, answered };
}

test.each([
  ['accept', ann],
  ['reject', { kind: 'reject', reason: 'no' }],
  ['abstain', { kind: 'abstain' }],
] as const)('what it says (%s) counts for a while, and is known at once then', async (_kind, verdict) => {
  const { answered, authenticator, clock, telemetry } = world();
  expect(await answered('a', verdict)).toEqual(verdict);
  const again = authenticator.authenticate(authenticationRequest({ clientId: 'a' }));
  expect(again).toEqual(verdict);
  expect(telemetry.count('auth_service_answers_total', { service: 'http.authenticate', outcome: 'remembered' })).toBe(
    1,
  );
  clock.advance(1_000);
  expect(authenticator.authenticate(authenticationRequest({ clientId: 'a' }))).toBeTypeOf('function');
});

test('a failure refuses the client as unavailable, is not remembered, and never lets anybody in', async () => {
  const { answered, telemetry } = world();
  expect(await answered('a', 'it is away')).toEqual({
    kind: 'reject',
    code: 'unavailable',
    reason: 'access.http.authenticate could not be asked about it: it is away',
  });
  expect(await answered('a', ann)).toEqual(ann);
  expect(telemetry.count('auth_service_answers_total', { outcome: 'failed' })).toBe(1);
});

test('after some failures it is left alone for a while; one client tries then', async () => {
  const { answered, authenticator, ask, clock, open, telemetry } = world();
  for (let index = 0; index < 3; index += 1) await answered('a', 'it is away');
  expect(telemetry.lines('warn').join()).toContain('nobody is asked for 5000 ms');
  const refusal = authenticator.authenticate(authenticationRequest({ clientId: 'b' }));
  expect(refusal).toMatchObject({ kind: 'reject', code: 'unavailable' });
  expect(open).toHaveLength(3);
  clock.advance(5_000);
  const trial = ask('a');
  expect(await ask('b')).toMatchObject({ code: 'unavailable' });
  open.at(-1)?.answer(ann);
  expect(await trial).toEqual(ann);
  expect(telemetry.lines('info')).toEqual(['access.http.authenticate: it answers again']);
  expect(await answered('b', ann)).toEqual(ann);
});

test('no more questions are under way than access.http.authenticate.waiting says', async () => {
  const { ask, open } = world();
  const waiting = [ask('a'), ask('b')];
  expect(await ask('c')).toMatchObject({ kind: 'reject', code: 'busy' });
  for (const one of open) one.answer(ann);
  await Promise.all(waiting);
  expect(open).toHaveLength(2);
  const next = ask('c');
  open.at(-1)?.answer(ann);
  expect(await next).toEqual(ann);
});

test('who leaves before there is an answer gives its place back, and counts for nothing', async () => {
  const { ask, open, telemetry } = world({ failures: 1 });
  for (let index = 0; index < 10; index += 1) {
    const controller = new AbortController();
    const asked = ask('a', controller.signal);
    controller.abort();
    if (index % 2 === 0) open.at(-1)?.answer('aborted');
    else open.at(-1)?.fail(controller.signal.reason);
    await expect(asked).rejects.toBe(controller.signal.reason);
  }
  expect(open).toHaveLength(10);
  expect(telemetry.lines('warn')).toEqual([]);
});
