import { expect, test } from 'vitest';
import { type FakeClock, fakeClock } from '../../test/support/fake-clock.ts';
import { startMemoryBroker } from '../../test/support/memory-broker.ts';
import { WireClient } from '../../test/support/wire-client.ts';
import type { Broker } from './broker.ts';
import type { Authenticator } from './ports.ts';

const signal = new AbortController().signal; // the time limit of each test ends what hangs
const startMs = Date.parse('2026-06-01T00:00:00Z');
const hourMs = 3_600_000;

/** Lets everybody in, those whose name says so for that many milliseconds. */
const forAWhile: Authenticator = {
  authenticate: ({ connect: { username } }) => ({
    kind: 'accept',
    principal: 'ann',
    trust: 'test',
    ...(username === undefined ? {} : { expiresAtMs: startMs + Number(username) }),
  }),
};

async function brokerAt(clock: FakeClock): Promise<Broker> {
  return startMemoryBroker({ clock, authenticator: forAWhile });
}

test.each([4, 5] as const)('MQTT %i: the connection ends with what let it in, and not before', async (version) => {
  const clock = fakeClock(startMs);
  const broker = await brokerAt(clock);
  const client = new WireClient(broker, version);
  const watcher = new WireClient(broker, 5);
  await watcher.connect('watcher', true);
  await watcher.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'gone', qos: 0 }] }, 'suback');
  const will = { topic: 'gone', payload: Buffer.from('w'), qos: 0, retain: false } as const;
  await client.connect('a', true, { username: String(2 * hourMs), will });
  clock.advance(2 * hourMs - 1);
  await client.ping();
  expect(client.closed).toBeUndefined();
  clock.advance(1_000);
  expect(client.closed).toBeDefined();
  const goodbyes = client.received.filter(({ cmd }) => cmd === 'disconnect');
  expect(goodbyes).toMatchObject(version === 5 ? [{ reasonCode: 0x87 }] : []);
  await watcher.settle();
  expect(watcher.seen).toMatchObject([{ topic: 'gone' }]); // it left without a good-bye [MQTT-3.1.2-8]
  await broker.stop(signal);
});

test('the wall clock counts: set ahead it ends within a minute, set back it goes on', async () => {
  const clock = fakeClock(startMs);
  const broker = await brokerAt(clock);
  const early = new WireClient(broker, 5);
  await early.connect('early', true, { username: String(2 * hourMs) });
  clock.jump(3 * hourMs);
  clock.advance(61_000);
  expect(early.closed).toBeDefined();
  clock.jump(-3 * hourMs);
  const late = new WireClient(broker, 5);
  await late.connect('late', true, { username: String(2 * hourMs) });
  clock.advance(hourMs);
  clock.jump(-2 * hourMs);
  clock.advance(2 * hourMs);
  await late.ping();
  expect(late.closed).toBeUndefined();
  await broker.stop(signal);
});

test('who is let in without an end has no timer for it, and none stays behind a connection', async () => {
  const clock = fakeClock(startMs);
  const broker = await brokerAt(clock);
  const before = clock.timers;
  const lasting = new WireClient(broker, 5);
  await lasting.connect('lasting', true);
  expect(clock.timers).toBe(before);
  const client = new WireClient(broker, 5);
  await client.connect('a', true, { username: String(hourMs) });
  expect(clock.timers).toBe(before + 1); // the wheel has one for all
  client.close();
  await lasting.settle();
  expect(clock.timers).toBe(before);
  await broker.stop(signal);
});

test('what has ended already when the client is let in ends the connection at once', async () => {
  const clock = fakeClock(startMs);
  const broker = await brokerAt(clock);
  const client = new WireClient(broker, 5);
  await client.connect('a', true, { username: '-1' });
  clock.advance(1_000);
  expect(client.received.at(-1)).toMatchObject({ cmd: 'disconnect', reasonCode: 0x87 });
  await broker.stop(signal);
});
