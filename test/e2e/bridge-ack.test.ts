import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { Packet } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { type NatsServer, startNatsServer } from '../support/nats-server.ts';
import { patienceMs } from '../support/patience.ts';
import { type ServingBroker, serve } from '../support/serving.ts';
import { SocketClient } from '../support/socket-client.ts';
import { startStreamServer } from '../support/stream-server.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const levels = [1, 2] as const;

const publish = (payload: string, qos: 1 | 2, more: { messageId?: number; dup?: boolean } = {}) =>
  ({ cmd: 'publish', topic: 'a/b', payload, qos, messageId: 1, dup: false, retain: false, ...more }) as const;

const answerTo = (qos: 1 | 2): string => (qos === 1 ? 'puback' : 'pubrec');
const version5 = { connect: { protocolVersion: 5 } } as const;
const codeOf = (answer: Packet): number | undefined => ('reasonCode' in answer ? answer.reasonCode : undefined);

const bridged = (
  url: string | undefined,
  ack: 'nats' | 'jetstream',
  more: object = {},
  store: 'disk' | 'memory' = 'disk',
): Promise<ServingBroker> =>
  serve({
    ...(url === undefined ? {} : { nats: { servers: [url], reconnectDelay: '20ms', reconnectDelayMax: '100ms' } }),
    store: { type: store },
    bridge: { rules: [{ name: 'all', topic: 'a/#', subject: 'a.>', ack }], ...more },
  });

async function natsClient(server: NatsServer) {
  const connection = await connect({ servers: server.url, reconnectTimeWait: 20, maxReconnectAttempts: -1 });
  return Object.assign(connection, { [Symbol.asyncDispose]: () => connection.close() });
}

describe('QoS 1/2, a bridge rule with ack: nats: PUBACK / PUBREC is sent when NATS has it', () => {
  test.each(levels)('QoS %i: not while NATS is frozen, and then at once', async (qos) => {
    await using nats = await startNatsServer();
    await using broker = await bridged(nats.url, 'nats', { ackTimeout: '60s' });
    await using reader = await SocketClient.open(broker.port, 'reader');
    await reader.subscribe('a/b', 0);
    await using publisher = await SocketClient.open(broker.port, 'publisher');
    await nats.freeze();
    let isAnswered = false;
    const wait = async (): Promise<void> => {
      await publisher.ask(publish('waits', qos), answerTo(qos));
      isAnswered = true;
    };
    const answered = wait();
    await using other = await SocketClient.open(broker.port, 'other');
    for (let round = 0; round < 5; round++) await other.ping();
    expect(isAnswered).toBe(false);
    expect(reader.messages).toEqual([]);
    nats.thaw();
    await answered;
    await expect.poll(() => reader.messages.length).toBe(1);
  });

  test.each(levels)(
    'QoS %i, without an outbox: a server that does not answer in time refuses it with 0x97, and nobody gets it',
    async (qos) => {
      await using nats = await startNatsServer();
      await using broker = await bridged(nats.url, 'nats', { ackTimeout: '1s' }, 'memory');
      await using reader = await SocketClient.open(broker.port, 'reader');
      await reader.subscribe('a/b', 0);
      await using publisher = await SocketClient.open(broker.port, 'publisher', version5);
      await nats.freeze();
      expect(codeOf(await publisher.ask(publish('late', qos), answerTo(qos)))).toBe(0x97);
      nats.thaw();
      await publisher.ask(publish('again', qos, { messageId: 2 }), answerTo(qos));
      await expect.poll(() => reader.messages.map(({ payload }) => payload.toString())).toEqual(['again']);
      expect(await broker.metric('bridge_unacknowledged_total')).toBe(1);
    },
  );

  test.each(levels)(
    'QoS %i, without an outbox: before MQTT 5 the connection is closed, and the repetition is no repetition',
    async (qos) => {
      await using nats = await startNatsServer();
      await using broker = await bridged(nats.url, 'nats', {}, 'memory');
      const session = { connect: { clean: false } } as const;
      await nats.kill();
      {
        await using publisher = await SocketClient.open(broker.port, 'publisher', session);
        publisher.send(publish('once', qos));
        await publisher.closed;
      }
      await nats.restart();
      await using client = await natsClient(nats);
      const subscription = client.subscribe('a.>');
      await client.flush();
      await expect.poll(() => broker.metric('nats_connected')).toBe(1);
      await using publisher = await SocketClient.open(broker.port, 'publisher', session);
      await publisher.ask(publish('once', qos, { dup: true }), answerTo(qos));
      const { value } = await subscription[Symbol.asyncIterator]().next();
      expect(value.string()).toBe('once');
    },
  );

  test('with the embedded hub too', async () => {
    await using broker = await bridged(undefined, 'nats');
    await using publisher = await SocketClient.open(broker.port, 'publisher', version5);
    for (const qos of levels)
      expect(codeOf(await publisher.ask(publish('x', qos, { messageId: qos }), answerTo(qos))) ?? 0).toBeLessThan(0x80);
  });
});

describe('QoS 1/2, a bridge rule with ack: jetstream: PUBACK / PUBREC is sent when JetStream has acknowledged it', () => {
  test.each(levels)(
    'QoS %i: the stream has it when the answer comes; without a stream the answer is 0x97',
    async (qos) => {
      await using stream = await startStreamServer();
      await using broker = await bridged(stream.url, 'jetstream');
      await using publisher = await SocketClient.open(broker.port, 'publisher', version5);
      await publisher.ask(publish('x', qos), answerTo(qos));
      expect(await stream.stored()).toBe(1);
      await stream.manager.streams.delete('all');
      const refused = await publisher.ask(publish('y', qos, { messageId: 2 }), answerTo(qos));
      expect(codeOf(refused)).toBe(0x97);
      const said = /JetStream did not store a message on subject a\.b: no stream takes it/;
      await Promise.race([broker.program.stdout.waitFor(said), broker.program.stderr.waitFor(said)]);
    },
  );

  test('a PUBLISH with DUP is stored once; the same packet identifier for another message is another', async () => {
    await using stream = await startStreamServer();
    await using broker = await bridged(stream.url, 'jetstream');
    await using publisher = await SocketClient.open(broker.port, 'publisher');
    await publisher.ask(publish('x', 1), 'puback');
    await publisher.ask(publish('x', 1, { dup: true }), 'puback');
    expect(await stream.stored()).toBe(1);
    await publisher.ask(publish('x', 1), 'puback');
    expect(await stream.stored()).toBe(2);
  });

  test('NATS killed and restarted between messages: all that was acknowledged is stored, in its order', async () => {
    await using directory = await temporaryDirectory();
    await using nats = await startNatsServer({ config: `jetstream { store_dir: "${directory.path}" }` });
    await using broker = await bridged(nats.url, 'jetstream');
    await using client = await natsClient(nats);
    const manager = await jetstreamManager(client, { timeout: patienceMs });
    await manager.streams.add({ name: 'all', subjects: ['a.>'] });
    await using publisher = await SocketClient.open(broker.port, 'publisher', version5);
    const acknowledged: string[] = [];
    let n = 0;
    const publishTo = async (end: number): Promise<void> => {
      for (; n < end; n++) {
        const answer = await publisher.ask(publish(String(n), 1, { messageId: n + 1 }), 'puback');
        if ((codeOf(answer) ?? 0) < 0x80) acknowledged.push(String(n));
      }
    };
    await publishTo(100);
    await nats.kill();
    await publishTo(150);
    await nats.restart();
    await expect.poll(() => broker.metric('nats_connected')).toBe(1);
    await publishTo(300);
    expect(acknowledged.length).toBeGreaterThan(200);
    const again = await jetstreamManager(client, { timeout: patienceMs });
    const { state } = await again.streams.info('all');
    const stored: string[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq; seq++)
      stored.push((await again.streams.getMessage('all', { seq }))?.string() ?? '');
    expect(stored.filter((payload) => acknowledged.includes(payload))).toEqual(acknowledged);
  });
});
