import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { revokeInFolder } from '../../src/pki/folder/operations.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { caFolder, type IssuedFiles, issueClient } from '../support/issued.ts';
import { mosquittoPublish } from '../support/mosquitto-publish.ts';
import { connectClient } from '../support/mqtt-client.ts';
import { opensslCa } from '../support/openssl-ca.ts';
import { hex } from '../support/packet-bytes.ts';
import { connectA } from '../support/raw-client.ts';
import { runProgram } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const reloaded = /certificates read again/;
const disconnect = ' e0 00';

/** Publishes once with mosquitto's client. @returns its exit code, 0 when the broker took it. */
async function mosquittoPub(
  broker: TestBroker,
  { certFile, keyFile }: Pick<IssuedFiles, 'certFile' | 'keyFile'>,
): Promise<number | null> {
  const files = { ca: broker.file('root-ca.pem'), cert: certFile, key: keyFile };
  return (await mosquittoPublish(broker.port('mqtts-two-way'), files)).code;
}

const connect = (broker: TestBroker, client: IssuedFiles) =>
  connectClient(broker, 'mqtts-two-way', { cert: client.cert, key: client.key });

test('a device is refused at the handshake that follows its revocation, with subject, issuer, serial, date and reason', async () => {
  await using broker = await startBroker();
  const folder = caFolder(broker.certificates);
  await using device = await issueClient(folder, 'pump-7');
  await using other = await issueClient(folder, 'pump-8');
  expect(await mosquittoPub(broker, device)).toBe(0);
  await revokeInFolder(folder, { serialNumber: device.serialNumber }, 'key-compromise');
  await broker.log.waitFor(reloaded); // noticed by itself
  expect(await mosquittoPub(broker, device)).not.toBe(0);
  const line = await broker.log.waitFor(/was revoked/);
  expect(JSON.parse(line)).toMatchObject({ reason: 'certificate-revoked', listener: 'mqtts-two-way' });
  expect(line).toMatch(
    new RegExp(
      `client certificate \\\\"CN=pump-7, O=Viaduct\\\\", serial number ${device.serialNumber}, issued by \\\\"CN=Viaduct Intermediate CA, O=Viaduct\\\\", was revoked on 20\\d\\d-\\d\\d-\\d\\dT[\\d:]+Z \\(its key was compromised\\)`,
    ),
  );
  expect(await mosquittoPub(broker, other)).toBe(0);
});

test('a device is refused with each of its certificates, earlier and renewed ones, unless it is one certificate that is revoked', async () => {
  await using broker = await startBroker();
  const folder = caFolder(broker.certificates);
  await using earlier = await issueClient(folder, 'pump-7');
  await using current = await issueClient(folder, 'pump-7');
  await revokeInFolder(folder, { serialNumber: earlier.serialNumber }, 'superseded', 'certificate');
  await broker.log.waitFor(reloaded);
  expect(await mosquittoPub(broker, earlier)).not.toBe(0);
  await using connected = await connect(broker, current);
  const closed = new Promise<void>((resolve) => void connected.mqtt.once('close', () => resolve()));
  const { wasRevoked, others } = await revokeInFolder(folder, { pem: earlier.leaf }, 'key-compromise');
  expect(wasRevoked).toBe(true);
  expect(others).toEqual([
    expect.objectContaining({ serialNumber: current.serialNumber, reason: 'key-compromise' as const }),
  ]);
  await closed;
  expect(await mosquittoPub(broker, current)).not.toBe(0);
});

test('open connections with that certificate are closed, the others live on', async () => {
  await using broker = await startBroker();
  const folder = caFolder(broker.certificates);
  await using device = await issueClient(folder, 'pump-7');
  await using revoked = await connect(broker, device);
  await using other = await connectClient(broker, 'mqtts-two-way');
  const closed = new Promise<void>((resolve) => void revoked.mqtt.once('close', () => resolve()));
  await revokeInFolder(folder, { pem: device.leaf }, 'superseded');
  await closed;
  await broker.log.waitFor(/closed an open connection: client certificate .*pump-7.*superseded/);
  expect(broker.telemetry.count('connections_revoked_total', { listener: 'mqtts-two-way' })).toBe(1);
  await other.mqtt.publishAsync('still', 'here', { qos: 1 });
  await expect(connect(broker, device)).rejects.toThrow("Couldn't connect to server");
});

const withRevocation = (directory: string, revocation: object) => ({ certificates: { directory, revocation } });

test('with closeRevoked off open connections live on, and are refused when they come again', async () => {
  await using directory = await temporaryDirectory();
  await using broker = await startBroker(withRevocation(directory.path, { closeRevoked: false }), directory.path);
  const folder = caFolder(directory.path);
  await using device = await issueClient(folder, 'pump-7');
  await using revoked = await connect(broker, device);
  await revokeInFolder(folder, { pem: device.leaf }, 'superseded');
  await broker.log.waitFor(reloaded);
  await revoked.mqtt.publishAsync('still', 'here', { qos: 1 });
  await expect(connect(broker, device)).rejects.toThrow("Couldn't connect to server");
});

test('with closeExpired a connection is closed when its certificate ends, and lives on without', async () => {
  await using directory = await temporaryDirectory();
  const certificates = { directory: directory.path, closeExpired: true };
  await using lasting = await startBroker({ certificates: { directory: directory.path } }, directory.path);
  await using closing = await startBroker({ certificates }, directory.path);
  await using device = await issueClient(caFolder(directory.path), 'pump-7', { notAfter: Date.now() + 8_000 });
  await using stays = await connect(lasting, device);
  await using goes = await connect(closing, device);
  const closed = new Promise<void>((resolve) => void goes.mqtt.once('close', () => resolve()));
  await closing.log.waitFor(/closed an open connection: client certificate .*pump-7.* ended on .*closeExpired/);
  await closed;
  expect(closing.telemetry.count('connections_expired_total', { listener: 'mqtts-two-way' })).toBe(1);
  await stays.mqtt.publishAsync('still', 'here', { qos: 1 });
});

test.each(['tls1_3', 'tls1_2'])('a session of %s that is resumed is refused as well', async (version) => {
  await using broker = await startBroker();
  const folder = caFolder(broker.certificates);
  await using device = await issueClient(folder, 'pump-7');
  const session = `${device.certFile}.session`;
  const arguments_ = [
    's_client',
    `-${version}`,
    '-connect',
    `127.0.0.1:${broker.port('mqtts-two-way')}`,
    '-CAfile',
    broker.file('root-ca.pem'),
    '-cert',
    device.certFile,
    '-key',
    device.keyFile,
  ];
  const visit = async (...more: string[]): Promise<string> => {
    await using program = runProgram('openssl', [...arguments_, ...more]);
    program.process.stdin.write(hex(connectA + disconnect)); // answered behind the tickets, then closed
    await program.exited;
    return program.stdout.text();
  };
  expect(await visit('-sess_out', session)).toMatch(/^New, TLSv1/m);
  expect(await visit('-sess_in', session, '-sess_out', session)).toMatch(/^Reused, TLSv1/m);
  await revokeInFolder(folder, { serialNumber: device.serialNumber }, 'unspecified');
  await broker.log.waitFor(reloaded);
  expect(await visit('-sess_in', session)).toMatch(/^Reused, TLSv1/m);
  await broker.log.waitFor(/pump-7.* was revoked on .*no reason given/);
  expect(broker.telemetry.count('connections_refused_total', { reason: 'certificate-revoked' })).toBe(1);
});

test.each(['DER', 'PEM'] as const)('the list of a CA of openssl in %s form counts beside ours', async (form) => {
  await using ca = await opensslCa('Fleet');
  await using broker = await startBroker();
  const folder = caFolder(broker.certificates);
  const good = await ca.issue('meter-1');
  const bad = await ca.issue('meter-2');
  await using own = await issueClient(folder, 'pump-7');
  await appendFile(broker.file('ca-chain.pem'), ca.root);
  await broker.log.waitFor(reloaded);
  expect([await mosquittoPub(broker, good), await mosquittoPub(broker, bad)]).toEqual([0, 0]);
  await revokeInFolder(folder, { serialNumber: own.serialNumber }, 'superseded');
  await ca.revoke(bad.certFile);
  await writeFile(broker.file(`crl/fleet.${form === 'DER' ? 'crl' : 'pem'}`), await ca.crl(form));
  await broker.app.reload();
  expect(await mosquittoPub(broker, bad)).not.toBe(0);
  await broker.log.waitFor(
    /CN=meter-2.*serial number 1001, issued by .*Fleet Root.* was revoked on .*key was compromised/,
  );
  expect(await mosquittoPub(broker, own)).not.toBe(0);
  await broker.log.waitFor(/CN=pump-7.* was revoked .*superseded/);
  expect(await mosquittoPub(broker, good)).toBe(0);
  expect(await broker.telemetry.metricsText()).toMatch(
    /viaduct_revocation_list_expiry_seconds\{file="crl\/fleet\.\w+",issuer="[^"]*Fleet Root[^"]*"\} 3\d\d\d/,
  );
});

test('a list that is damaged or of a stranger is named and changes nothing', async () => {
  await using stranger = await opensslCa('Stranger');
  await using broker = await startBroker();
  await mkdir(broker.file('crl'));
  await writeFile(broker.file('crl/damaged.crl'), (await stranger.crl('DER')).subarray(0, 100));
  await writeFile(broker.file('crl/stranger.pem'), await stranger.crl('PEM'));
  await broker.app.reload();
  await broker.log.waitFor(/damaged\.crl is no revocation list, or is damaged/);
  await broker.log.waitFor(/stranger\.pem: the revocation list of .*Stranger Root.* is of another CA/);
  await using client = await connectClient(broker, 'mqtts-two-way');
  await client.mqtt.publishAsync('a', 'b', { qos: 1 });
});

test('fail-closed: own lists are made by themselves, and a CA without a current list lets nobody in', async () => {
  await using ca = await opensslCa('Fleet');
  await using directory = await temporaryDirectory();
  await using broker = await startBroker(withRevocation(directory.path, { mode: 'fail-closed' }), directory.path);
  await using client = await connectClient(broker, 'mqtts-two-way');
  await client.mqtt.publishAsync('a', 'b', { qos: 1 });
  const meter = await ca.issue('meter-1');
  await appendFile(broker.file('ca-chain.pem'), ca.root);
  await broker.app.reload();
  expect(await mosquittoPub(broker, meter)).not.toBe(0);
  const line = await broker.log.waitFor(
    /CN=meter-1.*cannot be checked: there is no current revocation list of .*Fleet Root/,
  );
  expect(JSON.parse(line)).toMatchObject({ reason: 'revocation-unknown' });
  await writeFile(broker.file('crl/fleet.crl'), await ca.crl('DER'));
  await broker.app.reload();
  expect(await mosquittoPub(broker, meter)).toBe(0);
});

test('with revocation off the lists are not read', async () => {
  await using directory = await temporaryDirectory();
  await using broker = await startBroker(withRevocation(directory.path, { mode: 'off' }), directory.path);
  const folder = caFolder(directory.path);
  await using device = await issueClient(folder, 'pump-7');
  await revokeInFolder(folder, { serialNumber: device.serialNumber }, 'unspecified');
  await broker.app.reload();
  expect(await mosquittoPub(broker, device)).toBe(0);
});
