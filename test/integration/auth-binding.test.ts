import { readFile } from 'node:fs/promises';
import type { IClientOptions } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { writeCertificates } from '../support/certificate-files.ts';
import { connectClient } from '../support/mqtt-client.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { type TestPki, testPki } from '../support/test-pki.ts';

let pki: TestPki;
let broker: TestBroker;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  pki = await testPki();
  directory = await temporaryDirectory();
  await writeCertificates(pki, directory.path);
  broker = await startBroker({ access: { certificate: { bind: 'prefix' } } }, directory.path);
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
  await pki[Symbol.asyncDispose]();
});

/** Connects as a device. @returns what the broker says: `connected`, or the code of its refusal. */
async function outcome(cn: string, clientId: string, protocolVersion: 4 | 5): Promise<unknown> {
  const { cert, key } = await pki.client({ cn });
  const options: IClientOptions = { cert, key, clientId, protocolVersion };
  try {
    await using client = await connectClient(broker, 'mqtts-two-way', options);
    return client.mqtt.connected ? 'connected' : 'lost';
  } catch (error) {
    return Reflect.get(Object(error), 'code');
  }
}

describe('a client id is bound to the certificate of the device', () => {
  test.each([4, 5] as const)('MQTT protocol level %i: its own ids are accepted', async (version) => {
    expect(await outcome('pump-7', 'pump-7', version)).toBe('connected');
    expect(await outcome('pump-7', 'pump-7:log', version)).toBe('connected');
  });

  test('the id of another device is refused as not valid [MQTT-3.1.3-8] [MQTT-3.2.2-8], and the log says which are', async () => {
    expect(await outcome('pump-7', 'pump-70', 5)).toBe(0x85);
    expect(await outcome('pump-7', 'pump-70', 4)).toBe(2);
    await broker.log.waitFor(
      /certificate \\"CN=pump-7, O=Viaduct\\" may use the client id \\"pump-7\\" or what begins/,
    );
  });

  test('a certificate whose name would reach into other topics is refused as not authorized', async () => {
    expect(await outcome('plants/#', 'plants/#', 5)).toBe(0x87);
    await broker.log.waitFor(/holds \\"\/\\" in its common name/);
  });
});

test('clients of a one-way listener are anonymous, whatever their client id', async () => {
  await using client = await connectClient(broker, 'mqtts', {
    ca: await readFile(broker.file('root-ca.pem')),
    clientId: 'pump-8',
  });
  expect(client.mqtt.connected).toBe(true);
});
