import { expect, test } from 'vitest';
import { authorizedClient } from '../../../test/support/authorized-client.ts';
import { fakeClock } from '../../../test/support/fake-clock.ts';
import { recordedTelemetry } from '../../../test/support/recorded-telemetry.ts';
import type { AccessAnswer } from './access-answer.ts';
import { createOutsideAuthority } from './authority.ts';
import { type AccessRequest, createServiceAuthorizer, type ServiceAuthorizer } from './service-authorizer.ts';

const defaults = { waiting: 2, remember: 1_000, memory: 100_000, failures: 3, pause: 5_000 };
type Reply = AccessAnswer['result'] | 'away';

/** Two services, one behind the other, that a test answers for. */
function world(options: Partial<typeof defaults> = {}) {
  const clock = fakeClock();
  const telemetry = recordedTelemetry();
  const open: { readonly what: string; answer(reply: Reply): void }[] = [];
  const serviceOf = (name: 'http.authorize' | 'nats.authorize'): ServiceAuthorizer =>
    createServiceAuthorizer(
      { ...defaults, ...options },
      {
        clock,
        events: telemetry.events,
        service: {
          name,
          questionOf: ({ clientId }, { action, topic }) =>
            topic === 'unspeakable'
              ? undefined
              : {
                  kind: 'question',
                  parts: [clientId, action, topic],
                  ask: () =>
                    new Promise((resolve) => {
                      const answer = (reply: Reply): void =>
                        resolve(reply === 'away' ? 'it is away' : { result: reply });
                      open.push({ what: `${name} ${clientId} ${action} ${topic}`, answer });
                    }),
                },
        },
      },
    );
  const authority = createOutsideAuthority([serviceOf('http.authorize'), serviceOf('nats.authorize')], clock);
  const judge = (topic: string, clientId = 'c', action: AccessRequest['action'] = 'publish') =>
    authority.judge(authorizedClient({ clientId }), { action, topic, qos: 0, isRetained: false });
  /** Asks, and answers in the order of the services. */
  const judged = async (topic: string, ...replies: readonly Reply[]) => {
    const verdict = judge(topic);
    for (const reply of replies) {
      open.shift()?.answer(reply);
      await new Promise((resolve) => setImmediate(resolve)); // the next is asked, or none
    }
    return verdict;
  };
  return { clock, telemetry, open, judge, judged };
}

test.each([
  [['allow'], undefined],
  [['deny'], false],
  [['ignore', 'allow'], undefined],
  [['ignore', 'deny'], false],
  [['ignore', 'ignore'], false],
  [['away'], true],
  [['ignore', 'away'], true],
] as const)('%j: the first that allows or denies decides, and one that is away ends it', async (replies, expected) => {
  const { judged, open } = world();
  const { denial } = await judged('t', ...replies);
  expect(denial?.isTemporary).toBe(expected);
  expect(open).toEqual([]);
});

test('a verdict counts for a while, is known at once then, and is asked for again after it', async () => {
  const { judged, judge, clock } = world();
  const verdict = await judged('t', 'ignore', 'allow');
  clock.advance(999);
  expect(verdict.counts()).toBe(true);
  const again = judge('t');
  expect(again).not.toBeInstanceOf(Promise);
  clock.advance(1);
  expect([verdict.counts(), !(again instanceof Promise) && again.counts()]).toEqual([false, false]);
  expect(judge('t')).toBeInstanceOf(Promise);
});

test('the earlier end of two verdicts counts', async () => {
  const { judged, judge, open, clock } = world();
  await judged('t', 'ignore', 'allow');
  clock.advance(1_000);
  const first = judge('t');
  open.shift()?.answer('ignore');
  await expect.poll(() => open.length, { interval: 1 }).toBe(1);
  clock.advance(600);
  open.shift()?.answer('allow');
  const verdict = await first;
  clock.advance(500);
  expect(verdict.counts()).toBe(false);
});

test('whoever asks the same at the same time waits for the same answer', async () => {
  const { judge, open } = world({ waiting: 1 });
  const asked = [judge('t'), judge('t'), judge('t')];
  expect(open.map(({ what }) => what)).toEqual(['http.authorize c publish t']);
  open.shift()?.answer('allow');
  for (const one of asked) expect((await one).denial).toBeUndefined();
});

test('another client, action or topic is another question; too many of them are refused for now', async () => {
  const { judge, open, telemetry } = world();
  const asked = [judge('t'), judge('t', 'd')];
  expect(open).toHaveLength(2);
  expect(judge('t', 'c', 'subscribe')).toMatchObject({ denial: { isTemporary: true } });
  expect(telemetry.count('auth_service_answers_total', { service: 'http.authorize', outcome: 'full' })).toBe(1);
  for (const one of open.splice(0)) one.answer('deny');
  for (const one of asked) expect((await one).denial).toMatchObject({ isTemporary: false });
});

test('failures are not remembered; after some it is left alone for a while', async () => {
  const { judged, judge, clock, open } = world();
  for (let index = 0; index < 3; index += 1) expect((await judged('t', 'away')).counts()).toBe(false);
  const out = judge('t');
  expect(out).toMatchObject({ denial: { isTemporary: true } });
  expect(open).toEqual([]);
  clock.advance(5_000);
  expect((await judged('t', 'allow')).denial).toBeUndefined();
});

test('what cannot be asked is denied, and clients hear nothing of who was asked', async () => {
  const { judge, judged } = world();
  expect(judge('unspeakable')).toMatchObject({
    denial: { reason: 'it may not publish to "unspeakable"', isTemporary: false },
  });
  for (const reply of ['deny', 'away'] as const)
    expect((await judged(reply, reply)).denial?.reason).not.toMatch(/http|nats|away$/);
});
