import type { Packet } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { type ServingBroker, serve } from '../support/serving.ts';
import { SocketClient } from '../support/socket-client.ts';
import { startStreamServer } from '../support/stream-server.ts';

const levels = [1, 2] as const;
const version5 = { connect: { protocolVersion: 5 } } as const;
const codeOf = (answer: Packet): number | undefined => ('reasonCode' in answer ? answer.reasonCode : undefined);

const bridged = (url: string, more: object = {}): Promise<ServingBroker> =>
  serve({
    nats: { servers: [url], reconnectDelay: '20ms', reconnectDelayMax: '100ms' },
    bridge: { rules: [{ name: 'all', topic: 'a/#', subject: 'a.>', ack: 'nats' }], ...more },
  });

const publish = (payload: string, qos: 1 | 2, messageId: number) =>
  ({ cmd: 'publish', topic: 'a/b', payload, qos, messageId, dup: false, retain: false }) as const;
const answerTo = (qos: 1 | 2): string => (qos === 1 ? 'puback' : 'pubrec');

const said = (broker: ServingBroker, text: RegExp): Promise<unknown> =>
  Promise.race([broker.program.stdout.waitFor(text), broker.program.stderr.waitFor(text)]);

/** Publishes the numbers from one up to another, which is not included. @returns those that were acknowledged */
async function publishNumbers(port: number, qos: 1 | 2, from: number, to: number): Promise<string[]> {
  await using publisher = await SocketClient.open(port, `publisher-${from}`, version5);
  const acknowledged: string[] = [];
  for (let n = from; n < to; n++) {
    const answer = await publisher.ask(publish(String(n), qos, n + 1), answerTo(qos));
    if ((codeOf(answer) ?? 0) < 0x80) acknowledged.push(String(n));
  }
  return acknowledged;
}

const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, n) => String(from + n));
describe('QoS 1/2, a bridge rule with ack: nats, NATS away: acknowledged when it is committed to the outbox', () => {
  test.each(levels)(
    'QoS %i: all of it reaches NATS in order after kill -9 of both, and what comes later goes behind',
    async (qos) => {
      await using stream = await startStreamServer();
      await using broker = await bridged(stream.nats.url);
      expect(await publishNumbers(broker.port, qos, 0, 10)).toEqual(numbers(0, 10));
      await stream.nats.kill();
      await expect.poll(() => broker.metric('nats_connected')).toBe(0);
      expect(await publishNumbers(broker.port, qos, 10, 300)).toEqual(numbers(10, 300));
      expect(await broker.metric('bridge_outbox_messages')).toBe(290);
      expect(await broker.metric('bridge_outbox_bytes')).toBeGreaterThan(290);
      await said(broker, /keeps messages in the outbox until NATS has them/);
      await broker.kill();
      await broker.start();
      expect(await broker.metric('bridge_outbox_messages')).toBe(290);
      expect(await publishNumbers(broker.port, qos, 300, 310)).toEqual(numbers(300, 310));
      await stream.nats.restart();
      expect(await publishNumbers(broker.port, qos, 310, 600)).toEqual(numbers(310, 600));
      await expect.poll(() => broker.metric('bridge_outbox_messages')).toBe(0);
      await said(broker, /NATS has the \d+ messages of the outbox/);
      expect(await publishNumbers(broker.port, qos, 600, 610)).toEqual(numbers(600, 610));
      expect(await stream.payloads()).toEqual(numbers(0, 610));
    },
    60_000,
  );

  test('a frozen NATS: after bridge.ackTimeout what was sent goes to the outbox, and nothing overtakes it', async () => {
    await using stream = await startStreamServer();
    await using broker = await bridged(stream.nats.url, { ackTimeout: '300ms' });
    await stream.nats.freeze();
    expect(await publishNumbers(broker.port, 1, 0, 50)).toEqual(numbers(0, 50));
    stream.nats.thaw();
    await expect.poll(() => broker.metric('bridge_outbox_messages')).toBe(0);
    expect(await publishNumbers(broker.port, 1, 50, 60)).toEqual(numbers(50, 60));
    const stored = await stream.payloads();
    expect([...new Set(stored)]).toEqual(numbers(0, 60));
    expect(await broker.metric('bridge_unacknowledged_total')).toBe(0);
  });

  test.each(levels)('QoS %i: a full outbox with onFull: refuse answers 0x97 and keeps what it has', async (qos) => {
    await using stream = await startStreamServer();
    await using broker = await bridged(stream.nats.url, { outbox: { messages: 20 } });
    await stream.nats.kill();
    await expect.poll(() => broker.metric('nats_connected')).toBe(0);
    expect(await publishNumbers(broker.port, qos, 0, 20)).toEqual(numbers(0, 20));
    await using publisher = await SocketClient.open(broker.port, 'late', version5);
    expect(codeOf(await publisher.ask(publish('late', qos, 1), answerTo(qos)))).toBe(0x97);
    expect(await broker.metric('bridge_unacknowledged_total')).toBe(1);
    await said(broker, /refuses publishers until NATS confirms again: .*the outbox is full/);
    await stream.nats.restart();
    await expect.poll(() => broker.metric('bridge_outbox_messages')).toBe(0);
    await publisher.ask(publish('again', qos, 2), answerTo(qos));
    expect(await stream.payloads()).toEqual([...numbers(0, 20), 'again']);
  });
});
