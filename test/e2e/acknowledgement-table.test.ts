import type { IClientPublishOptions } from 'mqtt';
import { describe, expect, test } from 'vitest';
import { startRedisServer } from '../support/redis-server.ts';
import { lasting, type ServingBroker, serve } from '../support/serving.ts';
import { SocketClient } from '../support/socket-client.ts';

const levels = [1, 2] as const;

/** What a client without a session in the store got so far. */
const payloads = ({ messages }: SocketClient): string[] => messages.map(({ payload }) => payload.toString());

const publish = (topic: string, payload: string, qos: 1 | 2, more: Partial<IClientPublishOptions> = {}) =>
  ({ cmd: 'publish', topic, payload, qos, messageId: 1, dup: false, retain: more.retain ?? false }) as const;

const answerTo = (qos: 1 | 2): string => (qos === 1 ? 'puback' : 'pubrec');

describe('QoS 1/2, only connected clean sessions match: PUBACK / PUBREC is sent when it is queued to their links', () => {
  test.each(levels)('QoS %i: without any answer of theirs, and without a store that can be asked', async (qos) => {
    await using redis = await startRedisServer();
    await using broker = await serve({
      store: { type: 'redis', redis: { url: redis.url, operationTimeout: '1s' } },
    });
    await using reader = await SocketClient.open(broker.port, 'reader', { answers: false });
    await using other = await SocketClient.open(broker.port, 'other', { answers: false });
    for (const subscriber of [reader, other]) await subscriber.subscribe('live', qos);
    await using publisher = await SocketClient.open(broker.port, 'publisher');
    if (qos === 1) await redis.freeze(); // at QoS 2 the exchange with the publisher itself stands in the store
    await publisher.ask(publish('live', 'queued to links', qos), answerTo(qos));
    for (const subscriber of [reader, other])
      await expect.poll(() => payloads(subscriber), { interval: 1 }).toEqual(['queued to links']);
    redis.thaw();
  });
});

describe('QoS 1/2, a persistent session or retain is concerned: PUBACK / PUBREC is sent when the store has committed it', () => {
  const leave = async (broker: ServingBroker): Promise<void> => {
    await using away = await broker.connect('away', lasting);
    await away.mqtt.subscribeAsync('kept', { qos: 2 });
    await away.mqtt.endAsync();
  };

  test('killed the moment the answer came: at both levels it is delivered, and retained, after', async () => {
    await using broker = await serve();
    await leave(broker);
    for (const qos of levels) {
      await using publisher = await SocketClient.open(broker.port, 'publisher');
      await using retainer = await SocketClient.open(broker.port, 'retainer');
      await Promise.all([
        publisher.ask(publish('kept', `at QoS ${qos}`, qos), answerTo(qos)),
        retainer.ask(publish('state', `at QoS ${qos}`, qos, { retain: true }), answerTo(qos)),
      ]);
      await broker.kill();
      await broker.start();
      await using reader = await broker.connect('reader');
      await reader.mqtt.subscribeAsync('state', { qos: 1 });
      const [message] = await reader.take(1);
      expect(message?.payload.toString()).toBe(`at QoS ${qos}`);
    }
    await using away = await broker.connect('away', lasting);
    await away.take(2);
    expect(away.messages.map(({ payload }) => payload.toString())).toEqual(['at QoS 1', 'at QoS 2']);
  });

  test.each(levels)('QoS %i: no answer while the store has not committed, and one as soon as it has', async (qos) => {
    await using redis = await startRedisServer();
    await using broker = await serve({
      store: { type: 'redis', redis: { url: redis.url, operationTimeout: '30s' } },
    });
    await leave(broker);
    for (const { topic, retain } of [
      { topic: 'kept', retain: false },
      { topic: 'state', retain: true },
    ]) {
      await using publisher = await SocketClient.open(broker.port, `publisher-${topic}`);
      await using live = await SocketClient.open(broker.port, 'live');
      await redis.freeze();
      let isAnswered = false;
      const answered = publisher
        .ask(publish(topic, 'slow', qos, { retain }), answerTo(qos))
        .then(() => (isAnswered = true));
      await publisher.ping();
      for (let trip = 0; trip < 20; trip += 1) await live.ping();
      expect(isAnswered, topic).toBe(false);
      redis.thaw();
      await answered;
    }
  });
});
