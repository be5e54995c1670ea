import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { mosquittoIdentity, writeCertificates } from '../support/certificate-files.ts';
import { connectClient } from '../support/mqtt-client.ts';
import { hex } from '../support/packet-bytes.ts';
import { connackAccepted, connectA } from '../support/raw-client.ts';
import { runProgram, runToEnd } from '../support/run-program.ts';
import { type TestClientOptions, type TestPki, testPki } from '../support/test-pki.ts';

let broker: TestBroker;
let pki: TestPki;
beforeAll(async () => {
  pki = await testPki();
  const directory = await mkdtemp(join(tmpdir(), 'viaduct-certs-'));
  await writeCertificates(pki, directory);
  broker = await startBroker({}, directory);
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await rm(broker.certificates, { recursive: true });
  await pki[Symbol.asyncDispose]();
});

const publish = (way: 'mqtts' | 'mqtts-two-way', more: readonly string[]) =>
  runToEnd('mosquitto_pub', [
    '-h',
    'localhost',
    '-p',
    String(broker.port(way)),
    '-t',
    'tls/x',
    '-m',
    'hello',
    '-q',
    '1',
    ...more,
  ]);

describe('openssl s_client', () => {
  test.each(['root-ca.pem', 'ca-chain.pem'])(
    'verifies the one-way server by %s and gets CONNACK for client id "a"',
    async (ca) => {
      await using program = runProgram('openssl', [
        's_client',
        '-connect',
        `localhost:${broker.port('mqtts')}`,
        '-CAfile',
        broker.file(ca),
        '-quiet',
        '-verify_return_error',
        '-ign_eof',
      ]);
      const answer = new Promise<Buffer>((resolve) =>
        program.process.stdout
          .setEncoding('latin1')
          .once('data', (text: string) => resolve(Buffer.from(text, 'latin1'))),
      );
      program.process.stdin.write(hex(connectA));
      expect(await answer).toEqual(hex(connackAccepted));
      const line = await broker.log.waitFor(/client \\"a\\" connected/);
      expect(line).toMatch(/MQTT 3\.1\.1 on mqtts \(mqtts\) from 127\.0\.0\.1:\d+, TLSv1\.3 TLS_AES_\w+/);
    },
  );

  test('gets the leaf and the intermediate, over TLS 1.2 and 1.3 and not over TLS 1.1', async () => {
    const target = [
      's_client',
      '-connect',
      `localhost:${broker.port('mqtts')}`,
      '-CAfile',
      broker.file('root-ca.pem'),
      '-showcerts',
    ];
    for (const version of ['-tls1_2', '-tls1_3']) {
      const { stdout } = await runToEnd('openssl', [...target, version]);
      expect(stdout).toContain('Verify return code: 0 (ok)');
      expect(stdout.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    }
    const old = await runToEnd('openssl', [...target, '-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0']);
    expect(old.code).not.toBe(0);
    await broker.log.waitFor(/mqtts.*TLS 1\.[01]|mqtts.*version/i);
  });

  test('is let in on two-way with the demo certificate, whose subject stands in the log', async () => {
    await using program = runProgram('openssl', [
      's_client',
      '-connect',
      `localhost:${broker.port('mqtts-two-way')}`,
      '-CAfile',
      broker.file('root-ca.pem'),
      '-cert',
      broker.file('client-demo.pem'),
      '-key',
      broker.file('client-demo.key'),
      '-quiet',
      '-ign_eof',
    ]);
    program.process.stdin.write(hex(connectA.replace('61', '62')));
    expect(await broker.log.waitFor(/client \\"b\\" connected/)).toContain('CN=client-demo');
  });
});

describe('mosquitto_pub and mosquitto_sub', () => {
  test.each(['root-ca.pem', 'ca-chain.pem'])('publish one-way trusting %s', async (ca) => {
    expect(await publish('mqtts', ['--cafile', broker.file(ca)])).toMatchObject({ code: 0 });
  });

  test('exchange a message, one on one-way and one on two-way', async () => {
    const server = `-h localhost -p ${broker.port('mqtts')} --cafile ${broker.file('root-ca.pem')}`;
    await using subscriber = runProgram(
      'stdbuf',
      `-oL mosquitto_sub ${server} -i mosquitto-sub -t tls/# -q 1 -C 1 -v -d`.split(' '),
    );
    await subscriber.stdout.waitFor(/Subscribed/);
    const identity = ['--cert', broker.file('client-demo.pem'), '--key', broker.file('client-demo.key')];
    expect(await publish('mqtts-two-way', ['--cafile', broker.file('root-ca.pem'), ...identity])).toMatchObject({
      code: 0,
    });
    await subscriber.stdout.waitFor(/^tls\/x hello$/);
    expect(await subscriber.exited).toBe(0);
  });

  test('are refused when they do not know the issuer of the server', async () => {
    const { code } = await publish('mqtts', ['--cafile', await pki.file('other.pem', pki.otherRoot)]);
    expect(code).not.toBe(0);
  });
});

describe('a two-way listener refuses, and the log says why,', () => {
  const refused = async (options: TestClientOptions): Promise<void> => {
    const identity = await mosquittoIdentity(pki, await pki.client(options));
    const { code } = await publish('mqtts-two-way', ['--cafile', broker.file('root-ca.pem'), ...identity]);
    expect(code).not.toBe(0);
  };

  test('a client without a certificate', async () => {
    const { code, stderr, stdout } = await publish('mqtts-two-way', ['--cafile', broker.file('root-ca.pem')]);
    expect(code, stdout + stderr).not.toBe(0);
    await broker.log.waitFor(/mqtts-two-way.*no certificate/i);
  });

  test('a client with a certificate of another authority', async () => {
    await refused({ cn: 'stranger', otherCa: true });
    expect(await broker.log.waitFor(/mqtts-two-way.*not in the trust anchors/i)).toContain('CN=stranger');
  });

  test('a client whose certificate has expired', async () => {
    await refused({ cn: 'late', expired: true });
    expect(await broker.log.waitFor(/mqtts-two-way.*expired/i)).toContain('CN=late');
  });

  test('a client whose certificate is not valid yet', async () => {
    await refused({ cn: 'early', notYetValid: true });
    expect(await broker.log.waitFor(/mqtts-two-way.*not valid (yet|before)/i)).toContain('CN=early');
  });
});

test('a Node client that trusts only the intermediate verifies the server where partial chains are allowed', async () => {
  await using client = await connectClient(broker, 'mqtts', {
    ca: readFileSync(broker.file('intermediate-ca.pem')),
    allowPartialTrustChain: true,
  } as never);
  expect(client.mqtt.connected).toBe(true);
  await expect(
    connectClient(broker, 'mqtts', { ca: readFileSync(broker.file('intermediate-ca.pem')) }),
  ).rejects.toThrow(/issuer/);
});
