import { expect, test } from 'vitest';
import { fakeClock } from '../../../test/support/fake-clock.ts';
import { quietLink } from '../../../test/support/quiet-link.ts';
import { recordedTelemetry } from '../../../test/support/recorded-telemetry.ts';
import { LinkError } from '../../kernel/errors.ts';
import type { HeaderList, NatsLink, NatsStatus, PublishResult } from '../link.ts';
import type { Outbox, OutboxEntry } from './outbox.ts';
import { Spool } from './spool.ts';

interface Sent {
  readonly text: string;
  readonly headers: HeaderList;
  readonly confirm: () => void;
  readonly fail: () => void;
}

/** A spool, a NATS that answers when the test says so, and an outbox in memory. */
function spooling({ kept = [] as string[] } = {}) {
  const clock = fakeClock();
  const telemetry = recordedTelemetry();
  const entries: OutboxEntry[] = [];
  let number = 0;
  const outbox: Outbox = {
    open: () => Promise.resolve(),
    append(_rule, message) {
      entries.push({ ...message, number: number++, atMs: clock.now() });
      return Promise.resolve();
    },
    size: () => ({ messages: entries.length, bytes: 0 }),
    read: (_rule, max) => entries.slice(0, max),
    remove(_rule, upTo) {
      while (entries[0] !== undefined && entries[0].number <= upTo) entries.shift();
    },
  };
  const sent: Sent[] = [];
  const nats = { status: 'connected' as NatsStatus, result: 'sent' as PublishResult, confirmsAtOnce: false };
  const link: NatsLink = { ...quietLink, state: () => ({ ...quietLink.state(), status: nats.status }) };
  const spool = new Spool({
    rule: 'r',
    outbox,
    nats: link,
    clock,
    events: telemetry.events,
    timeoutMs: 1_000,
    confirm(_subject, payload, headers) {
      if (nats.result !== 'sent') return nats.result;
      return new Promise<void>((resolve, reject) => {
        const fail = (): void => reject(new LinkError('nats-unacknowledged', 'no answer'));
        sent.push({ text: Buffer.from(payload).toString(), headers, confirm: resolve, fail });
        if (nats.confirmsAtOnce) resolve();
      });
    },
  });
  const send = (text: string, headers: HeaderList = []) => spool.send('s', Buffer.from(text), headers);
  for (const text of kept) void outbox.append('r', { subject: 's', headers: [], payload: Buffer.from(text) });
  return {
    clock,
    telemetry,
    nats,
    spool,
    send,
    sent,
    texts: () => sent.map(({ text }) => text),
    kept: () => entries.map(({ payload }) => Buffer.from(payload).toString()),
    /** Lets an attempt to empty the outbox go as far as it can. */
    attempt: async () => {
      clock.advance(200);
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('while NATS confirms, the outbox has no part in it', async () => {
  const { send, sent, kept, clock } = spooling();
  const answered = send('a');
  sent[0]?.confirm();
  await answered;
  expect(kept()).toEqual([]);
  expect(clock.timers).toBe(0);
});

test('what was sent before the first failure goes to the outbox in its order, and later messages behind it', async () => {
  const { send, sent, kept, telemetry } = spooling();
  const answered = [send('a'), send('b'), send('c')];
  sent[0]?.confirm();
  await answered[0];
  sent[2]?.fail();
  await answered[2];
  await Promise.all([...answered, send('d')]);
  expect(kept()).toEqual(['b', 'c', 'd']);
  expect(telemetry.count('bridge_outbox_began_total', { rule: 'r' })).toBe(1);
});

test.each(['nats-disconnected', 'nats-backlog'] as const)('%s: the message is kept', async (result) => {
  const { send, nats, kept } = spooling();
  nats.result = result;
  await send('a');
  expect(kept()).toEqual(['a']);
});

test('what NATS will never take is said at once instead of being kept', () => {
  const { send, nats, kept } = spooling();
  nats.result = 'payload-too-large';
  expect(send('a')).toBe('payload-too-large');
  expect(kept()).toEqual([]);
});

test('what an earlier run left goes first, what comes meanwhile behind it, and then nothing is kept any more', async () => {
  const { spool, send, sent, texts, kept, attempt, telemetry } = spooling({ kept: ['a', 'b'] });
  spool.start();
  await attempt();
  expect(texts()).toEqual(['a', 'b']);
  await send('c');
  expect(kept()).toEqual(['a', 'b', 'c']);
  for (const { confirm } of sent) confirm();
  await attempt();
  sent[2]?.confirm();
  await attempt();
  void send('d');
  expect(texts()).toEqual(['a', 'b', 'c', 'd']);
  expect(kept()).toEqual([]);
  expect(telemetry.count('bridge_outbox_emptied_total', { rule: 'r' })).toBe(1);
});

test('what is not confirmed stays, and is sent again', async () => {
  const { spool, sent, texts, kept, nats, attempt } = spooling({ kept: ['a', 'b'] });
  spool.start();
  await attempt();
  sent[1]?.fail();
  nats.confirmsAtOnce = true;
  await attempt();
  await attempt();
  expect(texts()).toEqual(['a', 'b', 'a', 'b']);
  expect(kept()).toEqual([]);
});

test('nothing is sent while NATS is away', async () => {
  const { spool, nats, texts, kept, attempt } = spooling({ kept: ['a'] });
  nats.status = 'reconnecting';
  spool.start();
  await attempt();
  expect(texts()).toEqual([]);
  nats.status = 'connected';
  nats.confirmsAtOnce = true;
  await attempt();
  expect([texts(), kept()]).toEqual([['a'], []]);
});

test('a kept message that NATS does not take is dropped and counted, so that it blocks no other', async () => {
  const { spool, nats, kept, attempt, telemetry } = spooling({ kept: ['a'] });
  nats.result = 'payload-too-large';
  spool.start();
  await attempt();
  expect(kept()).toEqual([]);
  expect(telemetry.count('bridge_outbox_dropped_total', { rule: 'r', reason: 'payload-too-large' })).toBe(1);
});

test('[MQTT-3.3.2-6] the time in the outbox counts against the expiry, and what expired there is dropped', async () => {
  const { send, nats, sent, clock, attempt, telemetry } = spooling();
  nats.status = 'reconnecting';
  await send('a', [['Mqtt-Message-Expiry', '5']]);
  await send('b', [['Mqtt-Message-Expiry', '60']]);
  clock.advance(10_000);
  nats.status = 'connected';
  nats.confirmsAtOnce = true;
  await attempt();
  await attempt();
  expect(sent.map(({ text, headers }) => [text, headers])).toEqual([['b', [['Mqtt-Message-Expiry', '50']]]]);
  expect(telemetry.count('bridge_outbox_dropped_total', { rule: 'r', reason: 'expired' })).toBe(1);
});

test('stopped, it leaves what is kept where it is', async () => {
  const { spool, kept, sent, attempt, clock } = spooling({ kept: ['a'] });
  spool.start();
  await attempt();
  const stopped = spool.stop(AbortSignal.timeout(5_000));
  sent[0]?.confirm();
  await stopped;
  await attempt();
  expect(kept()).toEqual(['a']);
  expect(clock.timers).toBe(0);
});
