import { expect, test } from 'vitest';
import { startBroker } from '../support/broker.ts';
import { connectClient } from '../support/mqtt-client.ts';
import { startRedisServer } from '../support/redis-server.ts';

const session = { protocolVersion: 5, properties: { sessionExpiryInterval: 600 } } as const;

test('while Redis is away clients stay connected, what needs it is refused with 0x97, and it goes on by itself', async () => {
  await using redis = await startRedisServer({ appendonly: 'always' });
  await using broker = await startBroker({
    store: { type: 'redis', redis: { url: redis.url, operationTimeout: '1s' } },
  });
  await using subscriber = await connectClient(broker, 'mqtts', { ...session, clientId: 'subscriber', clean: false });
  await subscriber.mqtt.subscribeAsync(['kept', 'passing'], { qos: 1 });
  await using publisher = await connectClient(broker, 'mqtts', { protocolVersion: 5, clientId: 'publisher' });
  const publish = (payload: string): Promise<number | undefined> =>
    new Promise((resolve) => {
      publisher.mqtt.publish('kept', payload, { qos: 1 }, (error, packet) => {
        if (error !== undefined && error !== null && 'code' in error) resolve(error.code);
        else resolve(packet !== undefined && 'reasonCode' in packet ? (packet.reasonCode ?? 0) : 0);
      });
    });
  expect(await publish('before')).toBe(0);

  await redis.kill();
  expect(await publish('refused')).toBe(0x97);
  publisher.mqtt.publish('passing', 'at QoS 0');
  const passing = await subscriber.take(2);
  expect(passing.map(({ payload }) => payload.toString())).toContain('at QoS 0');
  expect(publisher.mqtt.connected).toBe(true);
  expect(subscriber.mqtt.connected).toBe(true);

  await redis.restart();
  await expect.poll(() => publish('after'), { interval: 100 }).toBe(0);
  await expect.poll(() => subscriber.messages.map(({ payload }) => payload.toString())).toContain('after');
  expect(publisher.mqtt.connected).toBe(true);
});

test('what was acknowledged before an outage is there after a restart of Redis and of the broker', async () => {
  await using redis = await startRedisServer({ appendonly: 'always' });
  const config = { store: { type: 'redis', redis: { url: redis.url } } };
  {
    await using broker = await startBroker(config);
    await using away = await connectClient(broker, 'mqtt', { ...session, clientId: 'away', clean: false });
    await away.mqtt.subscribeAsync('kept', { qos: 2 });
    await away.mqtt.endAsync();
    await using publisher = await connectClient(broker, 'mqtt');
    for (const [payload, qos] of [
      ['one', 1],
      ['two', 2],
    ] as const)
      await publisher.mqtt.publishAsync('kept', payload, { qos });
    await publisher.mqtt.publishAsync('state', 'retained', { qos: 1, retain: true });
  }
  await redis.restart();
  await using broker = await startBroker(config);
  await using back = await connectClient(broker, 'mqtt', { ...session, clientId: 'away', clean: false });
  await back.mqtt.subscribeAsync('state', { qos: 1 });
  const messages = await back.take(3);
  expect(messages.map(({ payload }) => payload.toString()).toSorted()).toEqual(['one', 'retained', 'two']);
});
