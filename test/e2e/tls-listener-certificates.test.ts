import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { writeCertificates } from '../support/certificate-files.ts';
import { runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { type TestKeyPair, type TestPki, testPki } from '../support/test-pki.ts';

let pki: TestPki;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let elsewhere: Awaited<ReturnType<typeof temporaryDirectory>>;
let broker: TestBroker;

/** A message for mosquitto_pub. */
const onPort = (port: number): string[] => ['-p', String(port), '-t', 'x', '-m', 'y', '-q', '1'];
const path = (name: string): string => join(directory.path, name);
const write = (name: string, text: string): Promise<void> => writeFile(path(name), text, { mode: 0o600 });
const writePair = async (name: string, { cert, key }: TestKeyPair): Promise<void> => {
  await write(`${name}.pem`, cert);
  await write(`${name}.key`, key);
};

beforeAll(async () => {
  pki = await testPki();
  directory = await temporaryDirectory();
  await writeCertificates(pki, directory.path);
  await writePair('own', await pki.renewServer(['localhost']));
  await writePair('site', await pki.renewServer(['site.example']));
  await write('anchors.pem', pki.otherRoot + pki.intermediate);
  await write('root.pem', pki.root);
  elsewhere = await temporaryDirectory();
  const pair = await pki.renewServer(['localhost']);
  await writeFile(join(elsewhere.path, 'pair.pem'), pair.cert);
  await writeFile(join(elsewhere.path, 'pair.key'), pair.key, { mode: 0o600 });
  broker = await startBroker(
    {
      listeners: [
        { name: 'common', bind: '127.0.0.1:0', tls: 'one-way', accept: ['mqtt'] },
        {
          name: 'own',
          bind: '127.0.0.1:0',
          tls: 'two-way',
          accept: ['mqtt'],
          certificate: path('own.pem'),
          key: path('own.key'),
          clientCa: path('anchors.pem'),
          certificates: [{ certificate: path('site.pem'), key: path('site.key') }],
        },
        {
          name: 'elsewhere',
          bind: '127.0.0.1:0',
          tls: 'one-way',
          accept: ['mqtt'],
          certificate: join(elsewhere.path, 'pair.pem'),
          key: join(elsewhere.path, 'pair.key'),
        },
      ],
    },
    directory.path,
  );
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await elsewhere[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
  await pki[Symbol.asyncDispose]();
});

/** @returns serial number of the certificate that is shown under a server name. */
const serial = (listener: string, servername: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connectTls(
      {
        port: broker.port(listener),
        host: '127.0.0.1',
        ca: pki.root,
        servername,
        checkServerIdentity: () => undefined,
      },
      () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      },
    );
    socket.on('error', reject);
  });
const serials = (): Promise<string[]> =>
  Promise.all([serial('common', ''), serial('own', ''), serial('own', 'site.example')]);

describe('a listener with certificates of its own', () => {
  test('shows them, while the others show the common one; mosquitto_pub and mqtt.js connect by its own anchors', async () => {
    expect(new Set(await serials()).size).toBe(3);
    const { cert, key } = await pki.client({ cn: 'stranger', otherCa: true });
    await writePair('stranger', { cert, key, leaf: cert });
    const { code, stderr } = await runToEnd('mosquitto_pub', [
      '-h',
      'localhost',
      ...onPort(broker.port('own')),
      '--cafile',
      path('root.pem'),
      '--cert',
      path('stranger.pem'),
      '--key',
      path('stranger.key'),
    ]);
    expect(stderr.trim()).toBe('');
    expect(code).toBe(0);
    const client = await connectAsync(`mqtts://localhost:${broker.port('own')}`, { ca: pki.root, cert, key });
    await client.endAsync(true);
  });

  test('takes all changed files at one reload, and where one is bad, nothing of any listener', async () => {
    const before = await serials();
    const { key } = await pki.renewServer(['site.example']);
    const nextSite = await pki.renewServer(['site.example']);
    await write('site.key', key); // first, so that no state in between is good
    await writePair('own', await pki.renewServer(['localhost']));
    await writePair('server', await pki.renewServer(['localhost']));
    await expect(broker.app.reload()).rejects.toThrowError(
      /listener own: certificates\[0\]: .*site\.key is not the key of site\.pem/,
    );
    expect(await serials()).toEqual(before);
    await writePair('site', nextSite);
    await broker.app.reload();
    const after = await serials();
    for (const [index, one] of after.entries()) expect(one).not.toBe(before[index]);
  });

  test('notices changed files in a folder elsewhere by itself, and warns of a key that others may read', async () => {
    const before = await serial('elsewhere', '');
    const { cert, key } = await pki.renewServer(['localhost']);
    const file = join(elsewhere.path, 'pair');
    await writeFile(`${file}.pem`, cert);
    await writeFile(`${file}.key`, key);
    await chmod(`${file}.key`, 0o644);
    await expect.poll(() => serial('elsewhere', '')).not.toBe(before);
    await broker.log.waitFor(/pair\.key can be read by other users of this machine; run: chmod 600/);
  });

  test('shows in the metrics how long each of its files is good', async () => {
    const text = await broker.telemetry.metricsText();
    for (const name of ['own.pem', 'site.pem', 'anchors.pem']) expect(text).toContain(`file="${path(name)}"`);
  });

  test('does not start where a file is missing, and says which field of which listener', async () => {
    const starting = startBroker(
      { listeners: [{ name: 'a', bind: '127.0.0.1:0', tls: 'two-way', accept: ['mqtt'], clientCa: path('none.pem') }] },
      directory.path,
    );
    await expect(starting).rejects.toThrowError(
      /listeners\[0\]\.clientCa: .*none\.pem cannot be read: there is no such file/,
    );
  });
});
