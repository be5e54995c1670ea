import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectNats, headers, type NatsConnection } from '@nats-io/transport-node';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { connectClient, type Way } from '../support/mqtt-client.ts';
import { startNatsServer } from '../support/nats-server.ts';
import { hex } from '../support/packet-bytes.ts';
import { connackAccepted, connectA } from '../support/raw-client.ts';
import { runProgram, runToEnd } from '../support/run-program.ts';
import { websocketStream } from '../support/websocket-stream.ts';

const backends = [
  { name: 'the embedded hub', server: async () => undefined },
  { name: 'a real nats-server', server: startNatsServer },
] as const;

describe.each(backends)('devices, browsers and NATS share one plane on $name', ({ server }) => {
  let natsServer: Awaited<ReturnType<typeof startNatsServer>> | undefined;
  let broker: TestBroker;
  let nats: NatsConnection;

  beforeAll(async () => {
    natsServer = await server();
    broker = await startBroker(natsServer === undefined ? {} : { nats: { servers: [natsServer.url] } });
    nats = await connectNats({ servers: natsServer?.url ?? broker.natsUrl });
    await broker.log.waitFor(/NATS.*connected|connected.*NATS/i);
  });
  afterAll(async () => {
    await nats.close();
    await broker[Symbol.asyncDispose]();
    await natsServer?.[Symbol.asyncDispose]();
  });

  const ways: readonly Way[] = ['mqtts', 'mqtts-two-way', 'wss'];
  const versions = [4, 5] as const;
  const clients = ways.flatMap((way) => versions.map((version) => ({ way, version })));

  test.each(clients)('mqtt.js $version over $way hears NATS, and NATS hears it', async ({ way, version }) => {
    await using client = await connectClient(broker, way, { protocolVersion: version });
    await client.mqtt.subscribeAsync('signal/to/+', { qos: 1 });
    nats.publish(`signal.to.${version}`, 'from a service');
    const [first] = await client.take(1);
    expect(first).toMatchObject({ topic: `signal/to/${version}` });
    expect(first?.payload.toString()).toBe('from a service');

    const subject = `signal.from.${way}.${version}`;
    const subscription = nats.subscribe(subject, { max: 1 });
    await nats.flush();
    await client.mqtt.publishAsync(`signal/from/${way}/${version}`, Buffer.from([0, 1, 2, 255]), { qos: 1 });
    for await (const message of subscription) expect([...message.data]).toEqual([0, 1, 2, 255]);
  });

  test('mosquitto on two-way TLS, mqtt.js over wss and nats.js exchange messages in all directions', async () => {
    const port = String(broker.port('mqtts-two-way'));
    const device = [
      '-h',
      'localhost',
      '-p',
      port,
      '--cafile',
      broker.file('root-ca.pem'),
      '--cert',
      broker.file('client-demo.pem'),
      '--key',
      broker.file('client-demo.key'),
    ];
    await using browser = await connectClient(broker, 'wss', { protocolVersion: 5 });
    await browser.mqtt.subscribeAsync('signal/all/#', { qos: 1 });
    await using listening = runProgram('stdbuf', [
      '-oL',
      'mosquitto_sub',
      ...device,
      '-t',
      'signal/all/#',
      '-v',
      '-d',
      '-C',
      '3',
    ]);
    await listening.stdout.waitFor(/Subscribed/);
    const heard: string[] = [];
    const subscription = nats.subscribe('signal.all.>', { max: 3 });
    await nats.flush();

    expect(
      await runToEnd('mosquitto_pub', [...device, '-t', 'signal/all/device', '-m', 'device', '-q', '1']),
    ).toMatchObject({ code: 0 });
    await browser.mqtt.publishAsync('signal/all/browser', 'browser', { qos: 1 });
    nats.publish('signal.all.service', 'service');

    for await (const message of subscription) heard.push(message.string());
    expect(heard.sort()).toEqual(['browser', 'device', 'service']);
    const received = await browser.take(3);
    expect(received.map(({ payload }) => payload.toString()).sort()).toEqual(['browser', 'device', 'service']);
    expect(await listening.exited).toBe(0);
    for (const who of ['browser', 'device', 'service'])
      expect(listening.stdout.text()).toContain(`signal/all/${who} ${who}`);
  });

  test('QoS, retain and MQTT 5 properties reach NATS as headers and come back as they were', async () => {
    await using sender = await connectClient(broker, 'mqtts', { protocolVersion: 5 });
    const subscription = nats.subscribe('signal.headers', { max: 1 });
    await nats.flush();
    await sender.mqtt.publishAsync('signal/headers', 'x', {
      qos: 1,
      retain: true,
      properties: {
        contentType: 'text/plain',
        correlationData: Buffer.from([1, 0, 2]),
        userProperties: { trace: ['a', 'b'] },
      },
    });
    for await (const message of subscription) {
      expect(message.headers?.get('Mqtt-Qos')).toBe('1');
      expect(message.headers?.get('Mqtt-Retain')).toBe('1');
      expect(message.headers?.get('Mqtt-Content-Type')).toBe('text/plain');
      expect(message.headers?.values('trace')).toEqual(['a', 'b']);
    }

    await using receiver = await connectClient(broker, 'mqtts', { protocolVersion: 5 });
    await receiver.mqtt.subscribeAsync('signal/back', { qos: 2 });
    const given = headers();
    given.set('Mqtt-Qos', '2');
    given.set('Mqtt-Content-Type', 'application/cbor');
    given.set('Mqtt-Correlation-Data', Buffer.from([9, 8]).toString('base64'));
    given.set('Trace', '7');
    nats.publish('signal.back', 'y', { headers: given });
    const [message] = await receiver.take(1);
    expect(message?.packet.qos).toBe(2);
    expect(message?.packet.properties).toMatchObject({
      contentType: 'application/cbor',
      userProperties: { Trace: '7' },
    });
    expect([...(message?.packet.properties?.correlationData ?? [])]).toEqual([9, 8]);
  });

  test('a message retained over NATS greets a client that subscribes later', async () => {
    const given = headers();
    given.set('Mqtt-Retain', '1');
    await using witness = await connectClient(broker, 'mqtts');
    await witness.mqtt.subscribeAsync('signal/kept');
    nats.publish('signal.kept', 'still here', { headers: given });
    await witness.take(1);
    await using late = await connectClient(broker, 'wss');
    await late.mqtt.subscribeAsync('signal/kept');
    const [message] = await late.take(1);
    expect(message?.packet.retain).toBe(true);
    expect(message?.payload.toString()).toBe('still here');
  });

  test('a topic that NATS could not carry as it is arrives unchanged on the other node of the plane', async () => {
    await using receiver = await connectClient(broker, 'mqtts');
    await receiver.mqtt.subscribeAsync('signal/a b/#');
    const subscription = nats.subscribe('signal.>', { max: 1 });
    await nats.flush();
    await receiver.mqtt.publishAsync('signal/a b//c.d/*', 'x');
    for await (const message of subscription) {
      expect(message.subject).not.toMatch(/[\s*>]/);
      nats.publish(message.subject, 'returned');
    }
    const received = await receiver.take(2);
    expect(received.map(({ topic }) => topic)).toEqual(['signal/a b//c.d/*', 'signal/a b//c.d/*']);
  });
});

describe('clients of today work unchanged', () => {
  let broker: TestBroker;
  beforeAll(async () => {
    broker = await startBroker();
  });
  afterAll(() => broker[Symbol.asyncDispose]());

  test('a websocket-stream carries mqtt.js', async () => {
    const stream = websocketStream(`wss://localhost:${broker.port('wss')}/mqtt`, {
      ca: readFileSync(broker.file('root-ca.pem')),
    });
    stream.on('error', () => undefined);
    const client = new mqtt.MqttClient(() => stream, { protocolVersion: 4, reconnectPeriod: 0 });
    await new Promise((resolve) => client.once('connect', resolve));
    await client.subscribeAsync('ws/stream', { qos: 1 });
    const message = new Promise<[string, Buffer]>((resolve) =>
      client.once('message', (topic, payload) => resolve([topic, payload])),
    );
    await client.publishAsync('ws/stream', Buffer.alloc(200_000, 7), { qos: 1 });
    const [topic, payload] = await message;
    expect(topic).toBe('ws/stream');
    expect(payload.equals(Buffer.alloc(200_000, 7))).toBe(true);
    await client.endAsync();
  });

  test('a websocket-stream that sends one byte a frame gets its CONNACK', async () => {
    const stream = websocketStream(`wss://localhost:${broker.port('wss')}/mqtt`, {
      ca: readFileSync(broker.file('root-ca.pem')),
    });
    await once(stream, 'connect');
    for (const byte of hex(connectA)) stream.write(Buffer.from([byte]));
    const [answer] = (await once(stream, 'data')) as [Buffer];
    expect(answer).toEqual(hex(connackAccepted));
    stream.destroy();
  });

  test.each([3, 4, 5] as const)('protocol level %i is served', async (version) => {
    await using client = await connectClient(
      broker,
      'mqtt',
      version === 3 ? { protocolVersion: 3, protocolId: 'MQIsdp' } : { protocolVersion: version },
    );
    await client.mqtt.subscribeAsync('level', { qos: 2 });
    await client.mqtt.publishAsync('level', 'x', { qos: 2 });
    const [message] = await client.take(1);
    expect(message?.packet.qos).toBe(2);
  });
});
