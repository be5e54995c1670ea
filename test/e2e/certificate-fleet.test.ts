import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { expect, test } from 'vitest';
import type { CaFolder } from '../../src/pki/folder/ca-folder.ts';
import { issueLeaf } from '../../src/pki/issue/authority.ts';
import { caFolder } from '../support/issued.ts';
import { serverSerial } from '../support/openssl-client.ts';
import { portOf } from '../support/program.ts';
import { serveCertificates } from '../support/serving-certificates.ts';

const devices = 200;
const atOnce = 25;
/** Those that come again after each renewal; after the last all do. */
const some = 10;

interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** A certificate of the intermediate that stands in the folder now. */
async function newIdentity(folder: CaFolder, device: number, key?: string): Promise<Identity> {
  const request = { commonName: `device-${device}`, ...(key === undefined ? {} : { key }) };
  return issueLeaf('client', request, await folder.signer('intermediate-ca'), folder.options);
}

async function inBatches<T>(count: number, task: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let start = 0; start < count; start += atOnce)
    results.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(atOnce, count - start) }, (_, index) => task(start + index)),
      )),
    );
  return results;
}

test('a fleet of 200 devices lives through the renewal of its certificates, the server, the intermediate and the root, all with new keys', async () => {
  await using broker = await serveCertificates({
    listeners: [
      { name: 'devices', bind: '127.0.0.1:0', tls: 'two-way', accept: ['mqtt'] },
      { name: 'look', bind: '127.0.0.1:0', tls: 'one-way', accept: ['websocket'] },
    ],
    log: { level: 'warn' },
  });
  const { certs, ready } = broker;
  const [port, lookPort] = [portOf(ready, 'mqtts'), portOf(ready, 'wss')];
  const folder = caFolder(certs);
  const firstRoot = await readFile(join(certs, 'root-ca.pem'));
  const first = await inBatches(devices, (device) => newIdentity(folder, device));
  const connect = (clientId: string, identity: Identity | undefined): Promise<MqttClient> =>
    mqtt.connectAsync(
      `mqtts://localhost:${port}`,
      { clientId, ca: firstRoot, reconnectPeriod: 0, connectTimeout: 30_000, keepalive: 0, ...identity },
      false,
    );
  let closed = 0;
  const fleet = await inBatches(devices, async (device) => {
    const client = await connect(`device-${device}`, first[device]);
    client.on('close', () => {
      closed += 1;
    });
    return client;
  });

  for (const what of ['server', 'intermediate', 'root']) {
    const before = await serverSerial(lookPort);
    await broker.pki('renew', what, '--new-key');
    await expect.poll(() => serverSerial(lookPort)).not.toBe(before);
    // devices that have not renewed theirs still come in, and those that have do as well
    const renewing = what === 'root' ? devices : some;
    const fresh = await inBatches(renewing, (device) => newIdentity(folder, device, first[device]?.key));
    const visitors = [...first.slice(0, some), ...fresh];
    await inBatches(visitors.length, async (index) => {
      const visitor = await connect(`visitor-${index}`, visitors[index]);
      await visitor.publishAsync('visits', what, { qos: 1 });
      await visitor.endAsync();
    });
  }

  await inBatches(devices, async (device) => {
    await fleet[device]?.publishAsync('still', 'here', { qos: 1 });
  });
  expect(closed).toBe(0);
  const complaints = broker.program.stderr
    .text()
    .split('\n')
    .filter((line) => line !== '' && !line.includes('client-demo'));
  expect(complaints).toEqual([]);
  await Promise.all(fleet.map((client) => client.endAsync(true)));
});
