import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { writeCertificates } from '../support/certificate-files.ts';
import { hex } from '../support/packet-bytes.ts';
import { type RawClient, rawClientOn } from '../support/raw-client.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { type TestPki, testPki } from '../support/test-pki.ts';

const psk = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
let pki: TestPki;
let partner: TestPki;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let broker: TestBroker;

beforeAll(async () => {
  [pki, partner] = await Promise.all([testPki(), testPki()]);
  directory = await temporaryDirectory();
  await writeCertificates(pki, directory.path);
  const clientCa = await partner.file('partner-ca.pem', partner.chain);
  const keys = join(directory.path, 'keys.psk');
  await writeFile(keys, `victim:${psk.toString('hex')}\n`, { mode: 0o600 });
  const bind = '127.0.0.1:0';
  const listener = (name: string, more: object): object => ({ name, bind, tls: 'two-way', accept: ['mqtt'], ...more });
  broker = await startBroker(
    {
      listeners: [
        listener('own', {}),
        listener('own-too', { tls: 'two-way-optional' }),
        listener('partner', { clientCa }),
        listener('one', { trust: 'plant' }),
        listener('two', { clientCa, trust: 'plant' }),
        listener('keys', { tls: 'one-way', psk: { identities: { file: keys } } }),
      ],
    },
    directory.path,
  );
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
  await pki[Symbol.asyncDispose]();
  await partner[Symbol.asyncDispose]();
});

/** Who connects: by a certificate of one of the CAs, by a key, or by nothing. */
async function credentials(kind: 'own' | 'partner' | 'psk' | 'nothing'): Promise<ConnectionOptions> {
  if (kind === 'nothing') return {};
  if (kind === 'psk')
    return {
      pskCallback: () => ({ psk, identity: 'victim' }),
      ciphers: 'PSK-AES128-GCM-SHA256',
      maxVersion: 'TLSv1.2',
      checkServerIdentity: () => undefined,
    };
  const { cert, key } = await (kind === 'own' ? pki : partner).client({ cn: 'victim' });
  return { cert, key };
}

/** @param flags of CONNECT: 02 for a clean session. @returns the client, and the return code of its CONNACK */
async function arrive(listener: string, kind: 'own' | 'partner' | 'psk' | 'nothing', id: string, flags: string) {
  const socket = connect({
    port: broker.port(listener),
    host: '127.0.0.1',
    servername: 'localhost',
    ca: pki.root,
    ...(await credentials(kind)),
  });
  await once(socket, 'secureConnect');
  const client = rawClientOn(socket);
  client.write(
    hex(
      `10 ${(12 + id.length).toString(16).padStart(2, '0')} 0004 4d515454 04 ${flags} 0000 00${id.length.toString(16).padStart(2, '0')}${Buffer.from(id).toString('hex')}`,
    ),
  );
  return { client, code: (await client.receive(4))[3] };
}

const isAlive = async (client: RawClient): Promise<void> => {
  const { length } = client.received();
  client.write('c0 00');
  expect((await client.receive(length + 2)).subarray(-2)).toEqual(hex('d0 00'));
};

describe.each([
  ['clean', '02'],
  ['persistent', '00'],
])('a %s session', (kind, flags) => {
  test('is out of reach for the same name under another CA, for a key of that name and for anonymous clients', async () => {
    const id = `victim-${kind}`;
    const victim = await arrive('own', 'own', id, flags);
    expect(victim.code).toBe(0);
    for (const other of ['00', '02']) {
      expect((await arrive('partner', 'partner', id, other)).code).toBe(5);
      expect((await arrive('keys', 'psk', id, other)).code).toBe(5);
      expect((await arrive('own-too', 'nothing', id, other)).code).toBe(5);
    }
    await isAlive(victim.client);
    await broker.log.waitFor(/a session of the same name under another trust/);
    const again = await arrive('own-too', 'own', id, '02'); // both listeners take their CAs from the folder
    expect(again.code).toBe(0);
    await victim.client.closed;
    await again.client[Symbol.asyncDispose]();
  });
});

test('listeners with the same trust share their clients, whoever issued the certificates', async () => {
  const before = await arrive('one', 'own', 'shared', '00');
  expect(before.code).toBe(0);
  const after = await arrive('two', 'partner', 'shared', '00');
  expect(after.client.received().subarray(0, 4)).toEqual(hex('20 02 01 00'));
  await before.client.closed;
  expect((await arrive('partner', 'partner', 'shared', '00')).code).toBe(5);
  await after.client[Symbol.asyncDispose]();
});
