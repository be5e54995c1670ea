import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { freePorts } from '../support/free-ports.ts';
import { connectClient, type Received, remember, type TestClient } from '../support/mqtt-client.ts';
import { runProgram } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

interface Bridging extends AsyncDisposable {
  /** To the mosquitto whose bridge leads to our broker. */
  connect(): Promise<TestClient>;
  /** Ends it without a good-bye. */
  kill(): Promise<void>;
}

/** A mosquitto with a bridge to our broker, with its default settings but those that are given. */
async function startBridge(broker: TestBroker, settings: readonly string[] = []): Promise<Bridging> {
  const directory = await temporaryDirectory();
  const [port = 0] = await freePorts(1);
  const file = join(directory.path, 'mosquitto.conf');
  const bridge = ['connection ours', `address 127.0.0.1:${broker.port('mqtt')}`, 'topic # both 1', ...settings];
  const lines = ['user root', `listener ${port} 127.0.0.1`, 'allow_anonymous true', ...bridge];
  await writeFile(file, `${lines.join('\n')}\n`);
  const program = runProgram('mosquitto', ['-v', '-c', file]);
  await program.stderr.waitFor(/Received SUBACK from/);
  return {
    async connect() {
      const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 }, false);
      return remember(client);
    },
    async kill() {
      await program[Symbol.asyncDispose]();
    },
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

const shown = ({ topic, payload, packet }: Received): string =>
  `${topic} ${payload.toString()} ${packet.retain ? 'retained' : ''}`.trim();

test.each([
  ['default settings', []],
  ['MQTT 3.1', ['bridge_protocol_version mqttv31']],
  ['MQTT 5', ['bridge_protocol_version mqttv50']],
])(
  'a mosquitto bridge with %s connects and stays; messages cross once, retained ones are retained, and its state is told',
  async (_name, settings) => {
    await using broker = await startBroker();
    await using bridge = await startBridge(broker, settings);
    await using here = await connectClient(broker, 'mqtt');
    await using there = await bridge.connect();
    await here.mqtt.subscribeAsync(['from/#', '$SYS/broker/connection/+/state'], { qos: 1 });
    await there.mqtt.subscribeAsync('from/#', { qos: 1 });

    expect((await here.take(1)).map(({ payload }) => payload.toString())).toEqual(['1']);
    await here.mqtt.publishAsync('from/here', 'a', { qos: 1 });
    await there.take(1);
    await there.mqtt.publishAsync('from/there', 'b', { qos: 1 });
    await here.mqtt.publishAsync('from/here/kept', 'c', { qos: 1, retain: true });
    await there.mqtt.publishAsync('from/there/kept', 'd', { qos: 1, retain: true });
    await here.take(5);
    await there.take(4);
    // an echo would be here before what was sent after it
    await here.mqtt.publishAsync('from/end', 'end', { qos: 1 });
    await there.take(5);
    await there.mqtt.publishAsync('from/end', 'end', { qos: 1 });
    const payloads = (messages: readonly Received[]): string[] =>
      messages.map(({ payload }) => payload.toString()).toSorted();
    expect(payloads((await here.take(7)).slice(1))).toEqual(['a', 'b', 'c', 'd', 'end', 'end']);
    expect(payloads(await there.take(6))).toEqual(['a', 'b', 'c', 'd', 'end', 'end']);

    for (const [side, connect] of [
      ['here', () => connectClient(broker, 'mqtt')],
      ['there', () => bridge.connect()],
    ] as const) {
      await using late = await connect();
      await late.mqtt.subscribeAsync('from/+/kept', { qos: 1 });
      expect((await late.take(2)).map(shown).toSorted(), side).toEqual([
        'from/here/kept c retained',
        'from/there/kept d retained',
      ]);
    }
    expect(broker.log.count(/ours.*disconnected/)).toBe(0);
    await bridge.kill();
    expect((await here.take(8)).at(-1)?.payload.toString()).toBe('0');
  },
);
