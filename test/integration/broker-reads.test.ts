import { expect, test } from 'vitest';
import { startBroker } from '../support/broker.ts';
import { readPage } from '../support/broker-pages.ts';
import { connectClient } from '../support/mqtt-client.ts';

test('the running program shows its clients and what happens, and whoever reads goes on over a reload', async () => {
  const listeners = [{ name: 'mqtt', bind: '127.0.0.1:0', tls: 'off', accept: ['mqtt', 'http'] }];
  await using broker = await startBroker({ listeners });
  const port = broker.port('mqtt');
  const { next, items } = await readPage(port, 'events');
  expect(items).toEqual([]);
  await using client = await connectClient(broker, 'mqtt', { clientId: 'pump-7', clean: false });
  await client.mqtt.subscribeAsync('plant/#', { qos: 1 });
  await client.mqtt.publishAsync('plant/state', 'on', { qos: 1, retain: true });
  const [listed] = (await readPage(port, 'clients')).items;
  expect(listed).toMatchObject({ clientId: 'pump-7', listener: 'mqtt', mqtt: 'MQTT 3.1.1', isPersistent: true });
  expect((await readPage(port, 'sessions')).items).toMatchObject([{ clientId: 'pump-7', isConnected: true }]);
  expect((await readPage(port, 'subscriptions?client=pump-7')).items).toMatchObject([{ filter: 'plant/#', qos: 1 }]);
  expect((await readPage(port, 'retained?filter=plant%2F%2B')).items).toMatchObject([{ topic: 'plant/state' }]);
  expect(await broker.change({ listeners, console: { reads: 2 } })).toMatch(/changed: console\.reads/);
  const page = await readPage(port, `events?limit=2&after=${next}`);
  expect(page).toMatchObject({ leftOut: 0, next });
  expect(page.items.map(({ name }) => name)).toEqual(['session-began', 'client-connected']);
  expect((await readPage(port, `events?after=${next}`)).items).toEqual([
    { name: 'subscription-added', at: expect.any(Number), fields: { clientId: 'pump-7', filter: 'plant/#', qos: 1 } },
  ]);
});
