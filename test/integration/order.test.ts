import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import mqtt, { type IClientOptions, type IConnackPacket, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import type { Way } from '../support/mqtt-client.ts';
import { Ledger, numberedPayload, type Promises } from '../support/numbered.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const qosLevels = [0, 1, 2] as const;
const publishers = (['mqtt', 'mqtts', 'wss'] as const).flatMap((way) =>
  ([4, 5] as const).map((version) => ({ name: `${way}-${version}`, way, version })),
);
/** Messages of each publisher, topic and QoS. */
const rounds = 120;

describe.each([
  { hotPath: 'on', type: 'memory' },
  { hotPath: 'off', type: 'memory' },
  { hotPath: 'on', type: 'disk' },
] as const)('with plane.hotPath: $hotPath and store.type: $type', ({ hotPath, type }) => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let broker: TestBroker;
  beforeAll(async () => {
    directory = await temporaryDirectory();
    const store = { type, directory: directory.path };
    broker = await startBroker({ plane: { hotPath }, log: { level: 'error' }, store });
  });
  afterAll(async () => {
    await broker?.[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  function connect(way: Way, options: IClientOptions): Promise<MqttClient> {
    const scheme = way === 'mqtt' || way === 'wss' ? way : 'mqtts';
    const url = `${scheme}://localhost:${broker.port(way)}${way === 'wss' ? '/mqtt' : ''}`;
    const ca = readFileSync(broker.file('root-ca.pem'));
    return mqtt.connectAsync(url, { ca, reconnectPeriod: 0, connectTimeout: 20_000, ...options }, false);
  }

  interface Reader extends AsyncDisposable {
    readonly client: MqttClient;
    readonly ledger: Ledger;
    /** Resolves when so many messages came. */
    saw(count: number): Promise<void>;
  }

  async function subscribe(
    way: Way,
    filter: string,
    { promises, ...options }: IClientOptions & { promises?: (qos: number) => Promises },
  ): Promise<Reader> {
    const client = await connect(way, options);
    const ledger = new Ledger(promises);
    const arrivals = new EventEmitter().setMaxListeners(0);
    client.on('message', (_topic, payload, { qos }) => {
      ledger.see(payload.toString(), qos);
      arrivals.emit('message');
    });
    await client.subscribeAsync(filter, { qos: 2 });
    return {
      client,
      ledger,
      async saw(count) {
        while (ledger.counted < count) await once(arrivals, 'message');
      },
      [Symbol.asyncDispose]: () => client.endAsync(true),
    };
  }

  /** All publishers at once, each on all topics at all QoS levels, every third message retained. */
  async function publishAll(topics: readonly string[]): Promise<void> {
    await Promise.all(
      publishers.map(async ({ name, way, version }) => {
        const client = await connect(way, { protocolVersion: version });
        for (let number = 1; number <= rounds; number++) {
          const retain = number % 3 === 0;
          const sent = topics.flatMap((topic) =>
            qosLevels.map((qos) =>
              client.publishAsync(topic, numberedPayload({ publisher: name, topic, qos, number }), { qos, retain }),
            ),
          );
          if (number % 10 === 0) await Promise.all(sent); // bounds what is under way, and still keeps the broker busy
        }
        await client.endAsync();
      }),
    );
  }

  const persistent = (clientId: string, version: 4 | 5): IClientOptions => ({
    clientId,
    protocolVersion: version,
    clean: false,
    ...(version === 5 ? { properties: { sessionExpiryInterval: 600 } } : {}),
  });

  test('each subscriber sees the messages of each publisher, topic and QoS once and in order [MQTT-4.6.0-6]', async () => {
    const topics = ['order/a', 'order/b/c'];
    const filter = 'order/#';
    await using cleanTls = await subscribe('mqtts', filter, { protocolVersion: 4 });
    await using cleanWss = await subscribe('wss', filter, { protocolVersion: 5 });
    await using stayingTcp = await subscribe('mqtt', filter, persistent('stays 4', 4));
    await using stayingTls = await subscribe('mqtts', filter, persistent('stays 5', 5));
    const readers = [cleanTls, cleanWss, stayingTcp, stayingTls];
    await publishAll(topics);
    const count = publishers.length * topics.length * qosLevels.length * rounds;
    await Promise.all(readers.map((reader) => reader.saw(count)));
    for (const { ledger } of readers) {
      expect(ledger.faults).toEqual([]);
      expect(ledger.counted).toBe(count);
    }
  });

  test.each([4, 5] as const)(
    'an MQTT %i session that is cut off and resumed gets QoS 1 in order and QoS 2 once [MQTT-4.4.0-1]',
    async (version) => {
      const topic = `resume/${version}`;
      await using reader = await subscribe('mqtts', topic, {
        ...persistent(`returns ${version}`, version),
        reconnectPeriod: 20,
        resubscribe: false,
        // they outlive a connection, as QoS 2 asks of a client [MQTT-4.1.0-1]
        incomingStore: new mqtt.Store({ clean: false }),
        outgoingStore: new mqtt.Store({ clean: false }),
        promises: (qos) => ({ mayLose: qos === 0, mayRepeat: qos === 1 }),
      });
      const count = publishers.length * 2 * rounds;
      const published = publishAll([topic]);
      for (const share of [0.2, 0.4, 0.6]) {
        await reader.saw(Math.floor(count * share));
        const back = new Promise<IConnackPacket>((resolve) => reader.client.once('connect', resolve));
        reader.client.stream.destroy();
        expect((await back).sessionPresent).toBe(true);
      }
      await published;
      await reader.saw(count);
      expect(reader.ledger.faults).toEqual([]);
      expect(reader.ledger.counted).toBe(count);
    },
  );
});

test.each([
  ['1 2 3', []],
  ['1 3', ['p t 1: 3 came where 2 was due']],
  ['1 2 2', ['p t 1: 2 came where 3 was due']],
  ['2 1', ['p t 1: 2 came where 1 was due', 'p t 1: 1 came where 3 was due']],
])('the checks above find what is wrong with the numbers %s', (numbers, faults) => {
  const ledger = new Ledger();
  for (const number of numbers.split(' ').map(Number))
    ledger.see(numberedPayload({ publisher: 'p', topic: 't', qos: 1, number }), 1);
  expect(ledger.faults).toEqual(faults);
});
