import { generate, type Packet } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { memoryStore, startMemoryBroker } from '../../../test/support/memory-broker.ts';
import { memoryLink } from '../../../test/support/memory-link.ts';
import { WireClient } from '../../../test/support/wire-client.ts';
import type { Store } from '../store-port.ts';
import { memoryExchanges } from './exchanges.ts';

const signal = new AbortController().signal; // the time limit of each test ends what hangs

test('an identifier is free again when its message was released or refused [MQTT-4.3.3-9] [MQTT-4.3.3-11]', () => {
  const exchanges = memoryExchanges();
  expect(exchanges.release(7)).toBe(0x92);
  exchanges.open(7);
  exchanges.open(8);
  expect([exchanges.isOpen(7), exchanges.isOpen(8), exchanges.isOpen(9)]).toEqual([true, true, false]);
  expect(exchanges.release(7)).toBe(0);
  void exchanges.forget(8);
  expect([exchanges.isOpen(7), exchanges.isOpen(8)]).toEqual([false, false]);
});

const publish = (topic: string, messageId: number, dup = false): Packet => ({
  cmd: 'publish',
  topic,
  payload: `${messageId}`,
  qos: 2,
  retain: false,
  dup,
  messageId,
});

/** A broker whose queues are committed when the test says so, and a session that is away. */
async function withSlowQueue() {
  const inner = memoryStore();
  const commits: (() => void)[] = [];
  const exchanges: string[] = [];
  const store: Store = {
    ...inner,
    keep(packet, targets, also) {
      if (targets.length === 0) return inner.keep(packet, targets, also);
      if (also?.exchange !== undefined) exchanges.push(`${also.exchange.clientId} ${also.exchange.packetId}`);
      return new Promise((resolve, reject) => {
        commits.push(() => void inner.keep(packet, targets, also).then(resolve, reject));
      });
    },
    isOpen(exchange) {
      exchanges.push(`asked for ${exchange.packetId}`);
      return inner.isOpen(exchange);
    },
  };
  const broker = await startMemoryBroker({ store });
  const away = new WireClient(broker, 4);
  await away.connect('away', false);
  await away.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'kept', qos: 2 }] }, 'suback');
  away.close();
  return { broker, commits, exchanges };
}

const answersOf = (client: WireClient): string[] =>
  client.received.flatMap((packet) =>
    packet.cmd === 'pubrec' || packet.cmd === 'pubcomp' ? [`${packet.cmd} ${packet.messageId}`] : [],
  );

test('of a session that ends with its connection the store has no exchange, and many messages are kept in one go', async () => {
  const { broker, commits, exchanges } = await withSlowQueue();
  const client = new WireClient(broker, 4, { answers: false });
  await client.connect('p', true);
  for (const messageId of [1, 2, 3]) client.send(publish('kept', messageId));
  client.send(publish('kept', 2, true)); // a repetition, while it is under way [MQTT-4.3.3-10]
  client.send(publish('other', 4));
  await client.ping();
  expect(commits).toHaveLength(3);
  expect(answersOf(client)).toEqual([]);
  for (const commit of commits) commit();
  await expect.poll(() => answersOf(client), { interval: 1 }).toEqual([1, 2, 3, 2, 4].map((id) => `pubrec ${id}`));
  expect(await client.ask({ cmd: 'pubrel', messageId: 2 }, 'pubcomp')).toMatchObject({ messageId: 2 });
  client.send(publish('kept', 2));
  await client.ping();
  expect(commits).toHaveLength(4);
  expect(exchanges).toEqual([]);
  commits[3]?.();
  await broker.stop(signal);
});

test('of a session that outlives its connection the exchange is kept with the message, also for the next connection', async () => {
  const { broker, commits, exchanges } = await withSlowQueue();
  const client = new WireClient(broker, 5, { answers: false });
  await client.connect('p', false);
  const received = client.ask(publish('kept', 7), 'pubrec');
  await expect.poll(() => commits.length, { interval: 1 }).toBe(1);
  commits[0]?.();
  await received;
  client.close();
  const back = new WireClient(broker, 5, { answers: false });
  await back.connect('p', false);
  expect(await back.ask(publish('kept', 7, true), 'pubrec')).toMatchObject({ reasonCode: 0 });
  expect(commits).toHaveLength(1);
  expect(await back.ask({ cmd: 'pubrel', messageId: 7 }, 'pubcomp')).toMatchObject({ reasonCode: 0 });
  expect(exchanges).toEqual(['asked for 7', 'p 7', 'asked for 7', 'asked for 7']);
  await broker.stop(signal);
});

test('answers that wait behind one that is not known yet are bounded: no more is read of who repeats a message', async () => {
  const broker = await startMemoryBroker();
  let take: () => void = () => undefined;
  broker.gate('stuck', () => new Promise<void>((resolve) => (take = resolve)));
  const link = memoryLink();
  broker.accept(link);
  const bytes = (packet: Packet): Buffer => generate(packet, { protocolVersion: 4 });
  const connect = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId: 'p', keepalive: 0 } as const;
  link.receive(bytes({ ...connect, clean: true }));
  await expect.poll(() => link.sent().length, { interval: 1 }).toBe(4);
  link.receive(Buffer.concat([bytes(publish('t', 1)), bytes({ ...publish('stuck', 2), qos: 1 } as Packet)]));
  await expect.poll(() => link.sent().length, { interval: 1 }).toBe(8);
  const repeated = bytes(publish('t', 1, true));
  for (let round = 0; round < 100; round += 1) {
    link.receive(Buffer.concat(Array.from({ length: 50 }, () => repeated)));
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  expect(link.isPaused).toBe(true);
  take();
  await expect.poll(() => link.isPaused, { interval: 1 }).toBe(false);
  await broker.stop(signal);
});
