import { expect, test } from 'vitest';
import { revokeInFolder } from '../../src/pki/folder/operations.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { caFolder, issueClient } from '../support/issued.ts';
import { connectClient } from '../support/mqtt-client.ts';
import { runToEnd } from '../support/run-program.ts';

const prefix = '$SYS/broker/certificates';

/** What mosquitto's client gets of these topics, by their last level. */
async function retained(broker: TestBroker, count: number): Promise<Record<string, unknown>> {
  const { stdout } = await runToEnd('mosquitto_sub', [
    '-h',
    '127.0.0.1',
    '-p',
    String(broker.port('mqtt')),
    '-t',
    `${prefix}/#`,
    '-C',
    String(count),
    '--retained-only',
    '-v',
    '-W',
    '20',
  ]);
  const lines = stdout.trim().split('\n');
  return Object.fromEntries(
    lines.map((line) => {
      const space = line.indexOf(' ');
      return [line.slice(prefix.length + 1, space), JSON.parse(line.slice(space + 1)) as unknown];
    }),
  );
}

test('$SYS says what is in use and until when, and again once that has changed', async () => {
  await using broker = await startBroker();
  const topics = await retained(broker, 5);
  const year = { secondsLeft: expect.closeTo(365 * 86_400, -3) as unknown };
  expect(topics).toMatchObject({
    server: [
      { subject: expect.stringContaining('CN=') as unknown, ...year },
      { subject: 'CN=Viaduct Intermediate CA, O=Viaduct' },
    ],
    authorities: [{ subject: 'CN=Viaduct Intermediate CA, O=Viaduct' }, { subject: 'CN=Viaduct Root CA, O=Viaduct' }],
    listeners: [],
    'revocation-lists': [],
    clients: { valid: 1, expiring: { count: 0, first: [] }, onOldAuthority: { count: 0, first: [] } },
  });
  await using client = await connectClient(broker, 'mqtt');
  await client.mqtt.subscribeAsync(`${prefix}/revocation-lists`);
  const folder = caFolder(broker.certificates);
  await using device = await issueClient(folder, 'pump-7');
  await revokeInFolder(folder, { serialNumber: device.serialNumber }, 'superseded');
  const [, changed] = await client.take(2);
  expect(JSON.parse(changed?.payload.toString() ?? '')).toMatchObject([
    { file: 'crl/intermediate-ca.crl', entries: 1, state: 'current' },
    { file: 'crl/root-ca.crl', entries: 0, state: 'current' },
  ]);
});

test.each([true, false])('no client publishes there (retain: %s)', async (retain) => {
  await using broker = await startBroker();
  await using client = await connectClient(broker, 'mqtt', { protocolVersion: 5 });
  await client.mqtt.subscribeAsync(`${prefix}/server`);
  await client.take(1);
  await expect(client.mqtt.publishAsync(`${prefix}/server`, 'forged', { qos: 1, retain })).rejects.toThrow(
    'Not authorized',
  );
  await client.mqtt.unsubscribeAsync(`${prefix}/server`);
  await client.mqtt.subscribeAsync(`${prefix}/server`);
  await client.take(2);
  expect(client.messages.map(({ payload }) => payload.toString()[0])).toEqual(['[', '[']);
});

test('metrics count the client certificates that were issued here', async () => {
  await using broker = await startBroker();
  await using device = await issueClient(caFolder(broker.certificates), 'pump-7');
  await broker.app.reload();
  const text = await broker.telemetry.metricsText();
  expect(text).toMatch(/^viaduct_client_certificates 2$/m);
  expect(text).toMatch(/^viaduct_client_certificates_expiring 0$/m);
  expect(text).toMatch(/^viaduct_client_certificates_on_old_authority 0$/m);
  await revokeInFolder(caFolder(broker.certificates), { serialNumber: device.serialNumber }, 'superseded');
  await broker.app.reload();
  expect(await broker.telemetry.metricsText()).toMatch(/^viaduct_client_certificates 1$/m);
});

test('the ledger tells when a device was last seen, once the broker has stopped', async () => {
  await using broker = await startBroker();
  const folder = caFolder(broker.certificates);
  await using device = await issueClient(folder, 'pump-7');
  await using other = await issueClient(folder, 'pump-8');
  const before = Date.now();
  for (let visit = 0; visit < 3; visit += 1) {
    await using client = await connectClient(broker, 'mqtts-two-way', { cert: device.cert, key: device.key });
    await client.mqtt.publishAsync('a', 'b', { qos: 1 });
  }
  expect((await folder.ledger.read()).get(device.serialNumber)?.lastSeenAt).toBeUndefined();
  await broker.app.stop(AbortSignal.timeout(5_000));
  const ledger = await folder.ledger.read();
  expect(ledger.get(device.serialNumber)?.lastSeenAt).toBeGreaterThanOrEqual(before);
  expect(ledger.get(other.serialNumber)?.lastSeenAt).toBeUndefined();
});
