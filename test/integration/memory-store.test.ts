import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Aedes } from 'aedes';
import { connect, type IPublishPacket, type MqttClient } from 'mqtt';
import { expect, test } from 'vitest';
import { createMemoryStore } from '../../src/storage/memory/memory-store.ts';
import { storeSchema } from '../../src/storage/schema.ts';
import { inAedesWords } from '../contract/aedes-vocabulary.ts';

const event = (mqtt: MqttClient, name: 'connect' | 'message' | 'close'): Promise<void> =>
  new Promise((resolve) => mqtt.once(name, () => resolve()));

interface Client {
  readonly mqtt: MqttClient;
  /** The next `count` messages, those that have come already included. */
  next(count: number): Promise<IPublishPacket[]>;
}

interface Engine extends AsyncDisposable {
  connect(clientId: string, clean?: boolean): Promise<Client>;
}

/** Aedes as it is, without our edge and plane, on our store: what it does to a store is what a store must take. */
async function startEngine(): Promise<Engine> {
  const broker = await Aedes.createBroker({
    persistence: inAedesWords(createMemoryStore(storeSchema.parse({}))) as never,
  });
  const server = createServer((socket) => void broker.handle(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const clients: MqttClient[] = [];
  return {
    async connect(clientId, clean = true) {
      const mqtt = connect(`mqtt://127.0.0.1:${port}`, { clientId, clean, reconnectPeriod: 0, resubscribe: false });
      clients.push(mqtt);
      const packets: IPublishPacket[] = [];
      mqtt.on('message', (_topic, _payload, packet) => packets.push(packet));
      await event(mqtt, 'connect');
      return {
        mqtt,
        async next(count) {
          while (packets.length < count) await event(mqtt, 'message');
          return packets.splice(0, count);
        },
      };
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.end(true);
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('an absent session gets its messages at the granted QoS, in order, and not again', async () => {
  await using engine = await startEngine();
  const subscriber = await engine.connect('subscriber', false);
  await subscriber.mqtt.subscribeAsync('+/+', { qos: 1 });
  await subscriber.mqtt.endAsync();
  const publisher = await engine.connect('publisher');
  for (const topic of ['/fin', 'a/1', 'a/2']) await publisher.mqtt.publishAsync(topic, topic, { qos: 2 });

  const back = await engine.connect('subscriber', false);
  const packets = await back.next(3);
  expect(packets.map(({ topic, qos, dup, retain }) => [topic, qos, dup, retain])).toEqual([
    ['/fin', 1, false, false],
    ['a/1', 1, false, false],
    ['a/2', 1, false, false],
  ]);
  await back.mqtt.endAsync();
  const again = await engine.connect('subscriber', false);
  await publisher.mqtt.publishAsync('b/1', 'new', { qos: 1 });
  expect((await again.next(1)).map(({ topic }) => topic)).toEqual(['b/1']);
});

test('a message that was sent and not acknowledged comes again with DUP set [MQTT-3.3.1-1]', async () => {
  await using engine = await startEngine();
  const { mqtt } = await engine.connect('subscriber', false);
  await mqtt.subscribeAsync('a', { qos: 1 });
  mqtt.handleMessage = () => mqtt.stream.destroy(); // never acknowledges
  const closed = event(mqtt, 'close');
  const publisher = await engine.connect('publisher');
  await publisher.mqtt.publishAsync('a', 'x', { qos: 1 });
  await closed;

  const back = await engine.connect('subscriber', false);
  expect((await back.next(1)).map(({ topic, dup }) => [topic, dup])).toEqual([['a', true]]);
});

test('a clean start ends the session: nothing of it comes back [MQTT-3.1.2-4]', async () => {
  await using engine = await startEngine();
  const subscriber = await engine.connect('subscriber', false);
  await subscriber.mqtt.subscribeAsync('#', { qos: 1 });
  await subscriber.mqtt.endAsync();
  const publisher = await engine.connect('publisher');
  await publisher.mqtt.publishAsync('a', 'lost', { qos: 1 });
  const cleaner = await engine.connect('subscriber', true);
  await cleaner.mqtt.endAsync();

  const back = await engine.connect('subscriber', false);
  await back.mqtt.subscribeAsync('#', { qos: 1 });
  await publisher.mqtt.publishAsync('b', 'new', { qos: 1 });
  expect((await back.next(1)).map(({ topic }) => topic)).toEqual(['b']);
});

test('retained messages with empty levels are found [MQTT-4.7.1-2]', async () => {
  await using engine = await startEngine();
  const publisher = await engine.connect('publisher');
  for (const topic of ['/fin', 'marker']) await publisher.mqtt.publishAsync(topic, 'kept', { qos: 1, retain: true });
  const subscriber = await engine.connect('subscriber');
  await subscriber.mqtt.subscribeAsync('+/+');
  await subscriber.mqtt.subscribeAsync('marker');
  const packets = await subscriber.next(2);
  expect(packets.map(({ topic, retain }) => [topic, retain])).toEqual([
    ['/fin', true],
    ['marker', true],
  ]);
});
