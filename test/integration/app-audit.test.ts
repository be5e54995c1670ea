import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startBroker } from '../support/broker.ts';
import { connectClient } from '../support/mqtt-client.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('who came in, who was refused and what was reloaded stand in a file of their own, in order, other lines do not', async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'audit.log');
  await using broker = await startBroker({
    audit: { file },
    access: { anonymous: 'never', rules: [{ allow: 'subscribe' }] },
  });
  const nobody = connectClient(broker, 'mqtts', { clientId: 'nobody' });
  await expect(nobody).rejects.toThrow('Not authorized');
  await using device = await connectClient(broker, 'mqtts-two-way', { clientId: 'device', protocolVersion: 5 });
  await device.mqtt.subscribeAsync('a');
  await expect(device.mqtt.publishAsync('a', 'b', { qos: 1 })).rejects.toThrow('Not authorized');
  await broker.reload.request();
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(events.map(({ event, clientId }) => [event, clientId])).toEqual([
    ['certificates_created', undefined],
    ['nats_hub_connections', undefined], // the bridge itself
    ['mqtt_refused', 'nobody'],
    ['mqtt_connects', 'device'],
    ['access_denied', 'device'],
    ['certificates_reloaded', undefined],
    ['configuration_reloads', undefined],
  ]);
  expect(events[2]).toMatchObject({ level: 'warn', listener: 'mqtts', reasonCode: 0x87 });
  expect(events[3]).toMatchObject({
    principal: 'client-demo',
    peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
  });
});
