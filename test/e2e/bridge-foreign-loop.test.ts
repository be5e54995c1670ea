import { connect } from '@nats-io/transport-node';
import mqtt, { type MqttClient } from 'mqtt';
import { describe, expect, test } from 'vitest';
import { freePorts } from '../support/free-ports.ts';
import { startNatsServer } from '../support/nats-server.ts';
import { serve } from '../support/serving.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** nats-server with its own MQTT, the broker on it, and a client on both sides. */
async function foreignBridge(limits: { readonly maxCrossings?: number } = {}) {
  const directory = await temporaryDirectory();
  const [mqttPort = 0] = await freePorts(1);
  const config = `server_name: one\njetstream: { store_dir: "${directory.path}" }\nmqtt: { listen: "127.0.0.1:${mqttPort}" }`;
  const nats = await startNatsServer({ config });
  const broker = await serve({
    nats: { servers: [nats.url] },
    bridge: { rules: [{ name: 'signal', topic: 'signal/#', subject: 'signal.>' }], ...limits },
  });
  const options = { reconnectPeriod: 0, clientId: 'foreign-bridge' };
  const here = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`, options);
  const there = await mqtt.connectAsync(`mqtt://127.0.0.1:${mqttPort}`, options);
  const carried = { count: 0 };
  return {
    nats,
    broker,
    here,
    there,
    carried,
    /** Carries every message from one side to the other. */
    async carry(from: MqttClient, to: MqttClient) {
      from.on('message', (topic, payload) => {
        carried.count += 1;
        to.publish(topic, payload);
      });
      await from.subscribeAsync('signal/#');
    },
    async [Symbol.asyncDispose]() {
      await here.endAsync(true);
      await there.endAsync(true);
      await broker[Symbol.asyncDispose]();
      await nats[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Reached in two seconds on a busy machine too. */
const few = { maxCrossings: 20 };

describe('a foreign bridge between the broker and the MQTT port of its nats-server', () => {
  test('that carries messages from NATS to the broker is stopped, and both ends are named', async () => {
    await using bridge = await foreignBridge(few);
    const { broker, carried, nats } = bridge;
    await bridge.carry(bridge.there, bridge.here);
    await using device = await broker.connect('device');
    await device.mqtt.publishAsync('signal/a', 'once');
    const [, line] = await broker.program.stderr
      .waitFor(/(.*goes round.*)/)
      .then((text) => /(.*goes round.*)/.exec(text) ?? []);
    expect(line).toContain('client \\"foreign-bridge\\"');
    expect(line).toContain(nats.url);
    expect(line).toContain('signal.a');
    await expect.poll(() => broker.metric('bridge_loop_dropped_total', 'content')).toBeGreaterThan(0);
    const after = carried.count;
    expect(after).toBeLessThan(250);
    // nothing of it is left, and what follows still crosses
    const service = await connect({ servers: nats.url });
    const heard = service.subscribe('signal.b', { max: 1 });
    await service.flush();
    await device.mqtt.publishAsync('signal/b', 'next');
    for await (const message of heard) expect(message.string()).toBe('next');
    await service.close();
  });

  test('that carries messages from the broker to NATS is stopped', async () => {
    await using bridge = await foreignBridge(few);
    const { broker, carried } = bridge;
    await bridge.carry(bridge.here, bridge.there);
    await using device = await broker.connect('device');
    await device.mqtt.publishAsync('signal/a', 'once');
    await broker.program.stderr.waitFor(/goes round/);
    await expect.poll(() => broker.metric('bridge_loop_dropped_total', 'content')).toBeGreaterThan(0);
    expect(carried.count).toBeLessThan(250);
  });

  test('that carries both ways finds the bridge shut', async () => {
    await using bridge = await foreignBridge(few);
    const { broker } = bridge;
    await bridge.carry(bridge.there, bridge.here);
    await bridge.carry(bridge.here, bridge.there);
    await using device = await broker.connect('device');
    await device.mqtt.publishAsync('signal/a', 'once');
    await broker.program.stderr.waitFor(/goes round/);
    const passed = () => broker.metric('bridge_messages_total');
    const dropped = () => broker.metric('bridge_loop_dropped_total', 'content');
    const before = await passed();
    const start = await dropped();
    await expect.poll(dropped).toBeGreaterThan(start + 100);
    expect((await passed()) - before).toBeLessThan(10);
  });

  test('is not seen in a sensor that says the same again and again', async () => {
    await using bridge = await foreignBridge();
    const { broker, nats } = bridge;
    const service = await connect({ servers: nats.url });
    const heard = service.subscribe('signal.a', { max: 2_000 });
    await service.flush();
    await using sensor = await broker.connect('sensor');
    for (let sent = 0; sent < 2_000; sent += 200)
      await Promise.all(Array.from({ length: 200 }, () => sensor.mqtt.publishAsync('signal/a', 'same', { qos: 1 })));
    let count = 0;
    for await (const message of heard) count += message.string() === 'same' ? 1 : 0;
    expect(count).toBe(2_000);
    expect(await broker.metric('bridge_loop_dropped_total')).toBe(0);
    await service.close();
  });
});
