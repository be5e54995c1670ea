import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import mqtt, { type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import type { TestBroker } from './broker.ts';
import { patienceMs } from './patience.ts';

export interface Received {
  readonly topic: string;
  readonly payload: Buffer;
  readonly packet: IPublishPacket;
}

/** mqtt.js with promises for the messages that come. */
export interface TestClient extends AsyncDisposable {
  readonly mqtt: MqttClient;
  readonly messages: readonly Received[];
  /** The first `count` messages, those to come included. */
  take(count: number): Promise<readonly Received[]>;
}

export type Way = 'mqtt' | 'mqtts' | 'mqtts-two-way' | 'wss';

/** Connects in one of the ways of the test broker; trusts its root, shows the demo certificate on two-way. */
export async function connectClient(broker: TestBroker, way: Way, options: IClientOptions = {}): Promise<TestClient> {
  const scheme = way === 'mqtt' ? 'mqtt' : way === 'wss' ? 'wss' : 'mqtts';
  const url = `${scheme}://localhost:${broker.port(way)}${way === 'wss' ? '/mqtt' : ''}`;
  const tls = way === 'mqtt' ? {} : { ca: readFileSync(broker.file('root-ca.pem')) };
  const certificate =
    way === 'mqtts-two-way'
      ? { cert: readFileSync(broker.file('client-demo.pem')), key: readFileSync(broker.file('client-demo.key')) }
      : {};
  const client = await mqtt.connectAsync(
    url,
    { reconnectPeriod: 0, connectTimeout: patienceMs, ...tls, ...certificate, ...options },
    false,
  );
  return remember(client);
}

/** Remembers what comes to a client; to be called before anything can come. */
export function remember(client: MqttClient): TestClient {
  const messages: Received[] = [];
  const arrivals = new EventEmitter();
  client.on('message', (topic, payload, packet) => {
    messages.push({ topic, payload, packet });
    arrivals.emit('message');
  });
  return {
    mqtt: client,
    messages,
    async take(count) {
      while (messages.length < count) await once(arrivals, 'message');
      return messages.slice(0, count);
    },
    async [Symbol.asyncDispose]() {
      await client.endAsync(true);
    },
  };
}
