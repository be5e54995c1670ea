import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { IPublishPacket } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import type { TestClient } from '../support/mqtt-client.ts';
import { lasting, type ServingBroker, serve } from '../support/serving.ts';
import { SocketClient } from '../support/socket-client.ts';

const payloads = (client: TestClient): string[] => client.messages.map(({ payload }) => payload.toString());
const stays = { clean: false } as const;

const publish = (topic: string, payload: string, messageId: number): IPublishPacket => ({
  cmd: 'publish',
  topic,
  payload,
  qos: 2,
  messageId,
  dup: false,
  retain: false,
});

/** Wills of clients that were there, a queue, exchanges at QoS 2 in the middle, and a retained message. */
async function fill(broker: ServingBroker): Promise<void> {
  await using away = await broker.connect('away', lasting);
  await away.mqtt.subscribeAsync(['queued/#', 'wills/#'], { qos: 2 });
  await away.mqtt.endAsync();
  await using old = await broker.connect('old', stays);
  await old.mqtt.subscribeAsync('queued/1', { qos: 1 });
  await old.mqtt.endAsync();

  await using publisher = await broker.connect('publisher');
  for (const number of [1, 2, 3])
    await publisher.mqtt.publishAsync(`queued/${number % 2}`, `queued ${number}`, { qos: 1 });
  await publisher.mqtt.publishAsync('queued/2', 'queued twice over', { qos: 2 });
  await publisher.mqtt.publishAsync('state/kept', 'retained', { qos: 1, retain: true });
  await publisher.mqtt.publishAsync('state/gone', 'was retained', { qos: 1, retain: true });
  await publisher.mqtt.publishAsync('state/gone', '', { qos: 1, retain: true });
}

describe.each([
  { end: 'SIGTERM', finish: async (broker: ServingBroker) => expect(await broker.stop()).toBe(0) },
  { end: 'kill -9', finish: (broker: ServingBroker) => broker.kill() },
])('a broker whose configuration says nothing of its store, ended by $end', ({ finish }) => {
  test('has sessions, queued and retained messages, wills and QoS 2 exchanges when it starts again', async () => {
    await using broker = await serve();
    await fill(broker);
    // one that received and did not release, one that is being sent, one with a will
    await using sender = await SocketClient.open(broker.port, 'sender', { connect: stays });
    await using receiver = await SocketClient.open(broker.port, 'receiver', { connect: stays, answers: false });
    await receiver.subscribe('exchange', 2);
    await sender.ask(publish('exchange', 'first', 7), 'pubrec');
    await sender.ask({ cmd: 'pubrel', messageId: 7 }, 'pubcomp');
    await expect.poll(() => receiver.messages.length).toBe(1);
    const { messageId = 0 } = receiver.messages[0]!;
    await receiver.ask({ cmd: 'pubrec', messageId }, 'pubrel');
    await sender.ask(publish('exchange', 'second', 8), 'pubrec');
    const will = { topic: 'wills/1', payload: Buffer.from('it ended'), qos: 1, retain: false } as const;
    await using mortal = await broker.connect('mortal', { will });
    expect(mortal.mqtt.connected).toBe(true);

    await finish(broker);
    expect((await stat(join(broker.directory, 'data', 'data.mdb'))).size).toBeGreaterThan(0);
    await broker.start();

    await using away = await broker.connect('away', lasting);
    await away.take(5);
    expect(payloads(away).toSorted()).toEqual(['it ended', 'queued 1', 'queued 2', 'queued 3', 'queued twice over']);
    expect(payloads(away).filter((payload) => /^queued \d/.test(payload))).toEqual([
      'queued 1',
      'queued 2',
      'queued 3',
    ]);
    await using old = await broker.connect('old', stays);
    await old.take(2);
    expect(payloads(old)).toEqual(['queued 1', 'queued 3']);
    await using reader = await broker.connect('reader');
    await reader.mqtt.subscribeAsync(['state/#', 'after'], { qos: 1 });
    await reader.mqtt.publishAsync('after', 'the end', { qos: 1 });
    await reader.take(2);
    expect(payloads(reader).toSorted()).toEqual(['retained', 'the end']);

    // the receiver is asked again to release what it has, and does not get it twice
    await using receiverBack = await SocketClient.open(broker.port, 'receiver', { connect: stays });
    await expect.poll(() => receiverBack.released).toContain(messageId);
    // the sender sends again what it was not told to release, and it is delivered once
    await using senderBack = await SocketClient.open(broker.port, 'sender', { connect: stays });
    await senderBack.ask({ ...publish('exchange', 'second', 8), dup: true }, 'pubrec');
    await senderBack.ask({ cmd: 'pubrel', messageId: 8 }, 'pubcomp');
    await senderBack.ask(publish('exchange', 'third', 9), 'pubrec');
    await senderBack.ask({ cmd: 'pubrel', messageId: 9 }, 'pubcomp');
    await expect.poll(() => receiverBack.messages.length).toBeGreaterThanOrEqual(2);
    expect(receiverBack.messages.map(({ payload }) => payload.toString())).toEqual(['second', 'third']);
    expect(await broker.metric('session_store_errors_total')).toBe(0);
  });
});
