import mqtt from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startBroker({
    listeners: [{ name: 'mqtt', bind: '127.0.0.1:0', tls: 'off', accept: ['mqtt'] }],
    log: { level: 'error' },
  });
});
afterAll(() => broker?.[Symbol.asyncDispose]());

test.each([
  [4, 3_000],
  [3, 3_000],
] as const)(
  'MQTT.js, version %i, sends %i messages at QoS 2 at once over one connection; only MQTT 5 has a Receive Maximum [MQTT-3.3.4-7]',
  async (protocolVersion, count) => {
    const url = `mqtt://127.0.0.1:${broker.port('mqtt')}`;
    const protocolId = protocolVersion === 3 ? 'MQIsdp' : 'MQTT';
    const client = await mqtt.connectAsync(url, { protocolVersion, protocolId, reconnectPeriod: 1 }, false);
    let connects = 1;
    client.on('connect', () => (connects += 1));
    await Promise.all(
      Array.from({ length: count }, (_, index) => client.publishAsync('burst', String(index), { qos: 2 })),
    );
    expect(connects).toBe(1);
    await client.endAsync();
  },
);
