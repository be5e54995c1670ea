import { generate } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { accepted, askingAuthenticator, type OpenQuestion } from '../../test/support/asking-authenticator.ts';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { startMemoryBroker } from '../../test/support/memory-broker.ts';
import { memoryLink } from '../../test/support/memory-link.ts';
import { recordedTelemetry } from '../../test/support/recorded-telemetry.ts';
import { WireClient } from '../../test/support/wire-client.ts';

const signal = new AbortController().signal; // the time limit of each test ends what hangs
const unanswered = 'mqtt_connects_unanswered_total';
/** What CONNACK says in either dialect. */
const codes = (version: 4 | 5, before5: number, of5: number): object =>
  version === 5 ? { reasonCode: of5 } : { returnCode: before5 };

test('who is asked gets all that CONNECT has, and the client waits for the answer, with what it sent behind it', async () => {
  const authenticator = askingAuthenticator();
  const broker = await startMemoryBroker({ authenticator });
  const client = new WireClient(broker, 5);
  const connack = client.connect('pump', true, {
    username: 'ann',
    password: Buffer.from('secret'),
    will: { topic: 'gone', payload: Buffer.from('x'), qos: 1, retain: true },
    properties: { userProperties: { site: 'north' } },
  });
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 't', qos: 0 }] });
  const question = await authenticator.question(0);
  expect(question.request).toMatchObject({
    clientId: 'pump',
    password: Buffer.from('secret'),
    peer: { listener: 'test', address: '127.0.0.1' },
    connect: {
      username: 'ann',
      isCleanStart: true,
      will: { topic: 'gone', qos: 1, isRetained: true },
      userProperties: [['site', 'north']],
    },
  });
  expect(client.received).toEqual([]);
  question.answer(accepted('ann'));
  expect(await connack).toMatchObject({ reasonCode: 0 });
  await client.settle();
  expect(client.received.map(({ cmd }) => cmd)).toEqual(['connack', 'suback', 'unsuback']);
  await broker.stop(signal);
});

test('a client without a client id is asked about under the one that the broker gives it [MQTT-3.1.3-6]', async () => {
  const authenticator = askingAuthenticator();
  const broker = await startMemoryBroker({ authenticator });
  const connack = new WireClient(broker, 5).connect('', true);
  const question = await authenticator.question(0);
  question.answer(accepted('ann'));
  expect(await connack).toMatchObject({ properties: { assignedClientIdentifier: question.request.clientId } });
  await broker.stop(signal);
});

test.each([4, 5] as const)('MQTT %i: every answer has its code', async (version) => {
  const authenticator = askingAuthenticator();
  const telemetry = recordedTelemetry();
  const broker = await startMemoryBroker({ authenticator, telemetry });
  const refusedWith = async (answer: (question: OpenQuestion) => void): Promise<unknown> => {
    const connack = new WireClient(broker, version).connect('x', true);
    answer(await authenticator.question(authenticator.count));
    return connack;
  };
  const no = { kind: 'reject', reason: 'no' } as const;
  const bad = { ...no, code: 'bad-credentials' } as const;
  expect(await refusedWith((one) => one.answer(no))).toMatchObject(codes(version, 5, 0x87));
  expect(await refusedWith((one) => one.answer(bad))).toMatchObject(codes(version, 4, 0x86));
  expect(await refusedWith((one) => one.answer({ ...no, code: 'client-id' }))).toMatchObject(codes(version, 2, 0x85));
  expect(await refusedWith((one) => one.answer({ ...no, code: 'busy' }))).toMatchObject(codes(version, 3, 0x97));
  expect(await refusedWith((one) => one.answer({ ...no, code: 'unavailable' }))).toMatchObject(codes(version, 3, 0x88));
  expect(await refusedWith((one) => one.answer({ kind: 'abstain' }))).toMatchObject(codes(version, 5, 0x87));
  expect(telemetry.count(unanswered)).toBe(0);
  expect(await refusedWith((one) => one.fail(new Error('it is down')))).toMatchObject(codes(version, 3, 0x88));
  expect(telemetry.count(unanswered, { listener: 'test', cause: 'failed' })).toBe(1);
  expect(telemetry.lines('warn').join('\n')).toContain('nobody could say who it is: it is down');
  await broker.stop(signal);
});

test.each([4, 5] as const)(
  'MQTT %i: no more clients wait than limits.connectsWaiting, nor longer than limits.authenticationTimeout',
  async (version) => {
    const authenticator = askingAuthenticator({ known: accepted('known') });
    const telemetry = recordedTelemetry();
    const clock = fakeClock();
    const limits = { connectsWaiting: 2, authenticationTimeout: '2s' };
    const broker = await startMemoryBroker({ authenticator, telemetry, clock, limits });
    const connect = (clientId: string): Promise<unknown> => new WireClient(broker, version).connect(clientId, true);
    const waiting = [connect('a'), connect('b')];
    const questions = [await authenticator.question(0), await authenticator.question(1)];
    expect(await connect('c')).toMatchObject(codes(version, 3, 0x97));
    expect(authenticator.count).toBe(2); // nobody was asked about the third
    expect(await connect('known')).toMatchObject(codes(version, 0, 0));
    expect(telemetry.lines('warn').join('\n')).toContain('limits.connectsWaiting');
    clock.advance(3_000);
    for (const connack of waiting) expect(await connack).toMatchObject(codes(version, 3, 0x88));
    expect(questions.map((one) => one.signal.aborted)).toEqual([true, true]);
    expect(telemetry.count(unanswered, { cause: 'full' })).toBe(1);
    expect(telemetry.count(unanswered, { cause: 'timeout' })).toBe(2);
    const later = connect('c');
    (await authenticator.question(2)).answer(accepted('c')); // there is room again
    expect(await later).toMatchObject(codes(version, 0, 0));
    await broker.stop(signal);
  },
);

test('limits.connectTimeout begins anew with CONNECT, and ends what takes longer', async () => {
  const authenticator = askingAuthenticator();
  const clock = fakeClock();
  const limits = { connectTimeout: '4s', authenticationTimeout: '1h' };
  const broker = await startMemoryBroker({ authenticator, clock, limits });
  const client = new WireClient(broker, 4);
  clock.advance(3_500);
  void client.connect('a', true);
  const question = await authenticator.question(0);
  clock.advance(3_500);
  expect(client.closed).toBeUndefined();
  clock.advance(2_000);
  expect(client.closed).toBe('its CONNECT was not worked on within limits.connectTimeout (4000 ms)');
  await expect.poll(() => question.signal.aborted, { interval: 1 }).toBe(true);
  await broker.stop(signal);
});

test.each([
  ['goes away', (client: WireClient) => client.close()],
  ['breaks the protocol', (client: WireClient) => client.send({ cmd: 'pingresp' })],
])('the question about a client that %s meanwhile is given up, and its place is free', async (_how, leave) => {
  const authenticator = askingAuthenticator();
  const broker = await startMemoryBroker({ authenticator, limits: { connectsWaiting: 1 } });
  const client = new WireClient(broker, 4);
  void client.connect('a', true);
  const question = await authenticator.question(0);
  leave(client);
  await expect.poll(() => question.signal.aborted, { interval: 1 }).toBe(true);
  question.answer(accepted('a')); // too late
  const next = new WireClient(broker, 4).connect('a', true);
  (await authenticator.question(1)).answer(accepted('a'));
  expect(await next).toMatchObject({ returnCode: 0 });
  expect(client.received).toEqual([]);
  await broker.stop(signal);
});

test('what a client sent behind its CONNECT before it left is handled once it is known', async () => {
  const authenticator = askingAuthenticator({ watcher: accepted('watcher') });
  const broker = await startMemoryBroker({ authenticator });
  const watcher = new WireClient(broker, 4);
  await watcher.connect('watcher', true);
  await watcher.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 0 }] }, 'suback');
  const brief = new WireClient(broker, 4);
  void brief.connect('brief', true);
  brief.send({ cmd: 'publish', topic: 't', payload: 'x', qos: 0, retain: false, dup: false });
  brief.send({ cmd: 'disconnect' });
  brief.close();
  const question = await authenticator.question(0);
  await watcher.settle();
  expect(question.signal.aborted).toBe(false);
  expect(watcher.seen).toEqual([]);
  question.answer(accepted('brief'));
  await expect.poll(() => watcher.seen.map(({ topic }) => topic), { interval: 1 }).toEqual(['t']);
  await broker.stop(signal);
});

test('behind a CONNECT that waits no more is read than limits.connectPacketSize, and nothing of it is lost', async () => {
  const authenticator = askingAuthenticator({ watcher: accepted('watcher') });
  const broker = await startMemoryBroker({ authenticator, limits: { connectPacketSize: '16KiB' } });
  const watcher = new WireClient(broker, 4);
  await watcher.connect('watcher', true);
  await watcher.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 0 }] }, 'suback');
  const link = memoryLink();
  broker.accept(link);
  link.receive(generate({ cmd: 'connect', protocolId: 'MQTT', clientId: 'eager', clean: true, keepalive: 0 }));
  const question = await authenticator.question(0);
  const payload = Buffer.alloc(1_024);
  const topics: string[] = [];
  for (; !link.isPaused && topics.length < 100; topics.push(`t${topics.length}`))
    link.receive(generate({ cmd: 'publish', topic: `t${topics.length}`, payload, qos: 0, retain: false, dup: false }));
  expect(topics.length).toBeGreaterThan(10);
  expect(topics.length).toBeLessThan(17);
  question.answer(accepted('eager'));
  await expect.poll(() => link.isPaused, { interval: 1 }).toBe(false);
  await expect.poll(() => watcher.seen.map(({ topic }) => topic), { interval: 1 }).toEqual(topics);
  await broker.stop(signal);
});

test('questions are given up when the broker stops', async () => {
  const authenticator = askingAuthenticator();
  const broker = await startMemoryBroker({ authenticator });
  const client = new WireClient(broker, 5);
  void client.connect('a', true);
  const question = await authenticator.question(0);
  await broker.disconnectAll();
  await broker.stop(signal);
  expect(client.closed).toBe('the broker shuts down');
  expect(question.signal.aborted).toBe(true);
});

test('in whatever order the answers come, the CONNECT of a client that came last wins [MQTT-3.1.4-3]', async () => {
  const authenticator = askingAuthenticator({ other: accepted('other') });
  const broker = await startMemoryBroker({ authenticator });
  const round = (): Promise<unknown> => new WireClient(broker, 4).connect('other', true);
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  for (const isAtOnce of [true, false])
    for (const order of orders) {
      const first = authenticator.count;
      const clients = [4, 5, 4].map((version) => new WireClient(broker, version as 4 | 5));
      const connacks = clients.map((client) => client.connect('s', false));
      const questions = await Promise.all(clients.map((_, index) => authenticator.question(first + index)));
      for (const index of order) {
        questions[index]?.answer(accepted('ann'));
        if (!isAtOnce) await round(); // it is worked on before the next answer comes
      }
      expect(await connacks[2], order.join()).toMatchObject({ returnCode: 0 });
      const open = (): boolean[] => clients.map(({ closed }) => closed === undefined);
      await expect.poll(open, { interval: 1, message: order.join() }).toEqual([false, false, true]);
      await clients[2]?.settle();
      clients[2]?.close();
    }
  await broker.stop(signal);
});

test('a stranger under the same client id, who comes later and is refused first, overtakes nobody', async () => {
  const authenticator = askingAuthenticator();
  const broker = await startMemoryBroker({ authenticator });
  const own = new WireClient(broker, 5).connect('s', true);
  const stranger = new WireClient(broker, 5).connect('s', true);
  (await authenticator.question(1)).answer({ kind: 'reject', reason: 'no' });
  expect(await stranger).toMatchObject({ reasonCode: 0x87 });
  (await authenticator.question(0)).answer(accepted('ann'));
  expect(await own).toMatchObject({ reasonCode: 0 });
  await broker.stop(signal);
});
