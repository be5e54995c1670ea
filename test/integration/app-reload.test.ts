import { X509Certificate } from 'node:crypto';
import { copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCertificates } from '../../src/certificates/certificates.ts';
import { renewFolder } from '../../src/pki/folder/renew-folder.ts';
import { certificatesSchema } from '../../src/pki/schema.ts';
import { startBroker } from '../support/broker.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { caFolder } from '../support/issued.ts';
import { connectClient } from '../support/mqtt-client.ts';
import { serverSerial } from '../support/openssl-client.ts';
import { recordedTelemetry } from '../support/recorded-telemetry.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const reloaded = /certificates read again/;
const serialOf = async (path: string): Promise<string> => new X509Certificate(await readFile(path)).serialNumber;

test('a renewed certificate is noticed and shown to the next client, while open connections live on', async () => {
  await using broker = await startBroker();
  await using client = await connectClient(broker, 'mqtts');
  const before = await serialOf(broker.file('server.pem'));
  expect(await serverSerial(broker.port('mqtts'))).toBe(before);
  await renewFolder(caFolder(broker.certificates), 'server', 'ec-p256');
  await broker.log.waitFor(reloaded);
  const after = await serialOf(broker.file('server.pem'));
  expect(after).not.toBe(before);
  for (const name of ['mqtts', 'mqtts-two-way', 'wss']) expect(await serverSerial(broker.port(name))).toBe(after);
  await client.mqtt.publishAsync('still', 'here', { qos: 1 });
  await using next = await connectClient(broker, 'mqtts');
  await next.mqtt.publishAsync('new', 'here', { qos: 1 });
  expect(broker.telemetry.count('certificates_reload_failures_total')).toBe(0);
});

test.concurrent.each([
  ['server.pem', 'cut off', (text: string) => text.slice(0, 400), /server\.pem .*(damaged|cut off)/],
  ['server.key', 'no key', () => 'hello', /server\.key .*holds no private key/],
  ['ca-chain.pem', 'empty', () => '', /ca-chain\.pem .*is empty/],
])('%s that is %s leaves all of the old in use, with an error that names it', async (name, _kind, spoil, message) => {
  await using broker = await startBroker();
  await using client = await connectClient(broker, 'mqtts-two-way');
  const serial = await serialOf(broker.file('server.pem'));
  const good = await readFile(broker.file(name), 'utf8');
  await writeFile(broker.file(name), spoil(good));
  const line = await broker.log.waitFor(/changed files are not taken over/);
  expect(line).toMatch(message);
  expect(broker.telemetry.count('certificates_reload_failures_total')).toBe(1);
  expect(await serverSerial(broker.port('mqtts-two-way'))).toBe(serial);
  await client.mqtt.publishAsync('still', 'here', { qos: 1 });
  await expect(broker.app.reload()).rejects.toThrow(message);
  await writeFile(broker.file(name), good);
  await broker.app.reload();
  await using next = await connectClient(broker, 'mqtts-two-way');
  await next.mqtt.publishAsync('new', 'here', { qos: 1 });
});

test.concurrent('files that are gone are not made anew by themselves; a reload that is asked for makes them', async () => {
  await using broker = await startBroker();
  const before = await serialOf(broker.file('server.pem'));
  await rm(broker.file('server.pem'));
  await broker.log.waitFor(/not taken over.*are gone from .*put them back/);
  expect(await serverSerial(broker.port('mqtts'))).toBe(before);
  await broker.app.reload();
  const after = await serialOf(broker.file('server.pem'));
  expect(after).not.toBe(before);
  expect(await serverSerial(broker.port('mqtts'))).toBe(after);
});

test('certificate and key that are copied one after the other are taken once both are there', async () => {
  await using broker = await startBroker();
  await using other = await temporaryDirectory();
  const clock = fakeClock(Date.now());
  const made = createCertificates(certificatesSchema.parse({ directory: other.path }), {
    telemetry: recordedTelemetry(),
    clock,
  });
  await made.start(AbortSignal.timeout(30_000));
  await made.stop(AbortSignal.abort());
  const serial = await serialOf(join(other.path, 'server.pem'));
  for (const name of ['root-ca', 'intermediate-ca', 'server'])
    for (const kind of ['pem', 'key'])
      await copyFile(join(other.path, `${name}.${kind}`), broker.file(`${name}.${kind}`));
  await copyFile(join(other.path, 'ca-chain.pem'), broker.file('ca-chain.pem'));
  await broker.log.waitFor(reloaded);
  expect(await serverSerial(broker.port('mqtts'))).toBe(serial);
});

test('a folder that is replaced as a whole is noticed within half a minute, and nothing is left running', async () => {
  await using parent = await temporaryDirectory();
  const [directory, next] = [join(parent.path, 'certs'), join(parent.path, 'next')];
  const clock = fakeClock(Date.now());
  const telemetry = recordedTelemetry();
  const start = async (path: string, given = recordedTelemetry()) => {
    const certificates = createCertificates(certificatesSchema.parse({ directory: path }), { telemetry: given, clock });
    await certificates.start(AbortSignal.timeout(30_000));
    return certificates;
  };
  await (await start(next)).stop(AbortSignal.abort());
  const certificates = await start(directory, telemetry);
  const before = certificates.current().cert;
  await rename(directory, join(parent.path, 'old'));
  await rename(next, directory);
  clock.advance(31_000);
  await telemetry.seen('certificates_reloaded_total');
  expect(certificates.current().cert).not.toBe(before);
  expect(certificates.current().cert).toContain(
    await readFile(join(directory, 'server.pem'), 'utf8').then((text) => text.slice(0, 200)),
  );
  await certificates.stop(AbortSignal.abort());
  expect(clock.timers).toBe(0);
});
