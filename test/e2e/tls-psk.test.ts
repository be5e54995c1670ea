import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const key = '00112233445566778899aabbccddeeff';
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let broker: TestBroker;

beforeAll(async () => {
  directory = await temporaryDirectory();
  const file = join(directory.path, 'psk.txt');
  await writeFile(file, `pump-7:${key}\n`, { mode: 0o600 });
  const listener = { bind: '127.0.0.1:0', tls: 'one-way', accept: ['mqtt'] };
  broker = await startBroker({
    listeners: [
      { name: 'psk', ...listener, psk: { identities: { file } } },
      { name: 'plain', bind: '127.0.0.1:0', tls: 'off', accept: ['mqtt'] },
    ],
    access: { anonymous: ['plain'] },
  });
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

const publish = (identity: string, secret: string, more: readonly string[] = []) =>
  runToEnd('mosquitto_pub', [
    '-h',
    'localhost',
    '-p',
    String(broker.port('psk')),
    '--psk-identity',
    identity,
    '--psk',
    secret,
    '-t',
    'psk/x',
    '-m',
    'hello',
    '-q',
    '1',
    ...more,
  ]);

describe('mosquitto_pub with a pre-shared key', () => {
  test.each(['tlsv1.2', 'tlsv1.3'])('publishes over %s under its identity, and mqtt.js gets it', async (version) => {
    const subscriber = await connectAsync(`mqtt://127.0.0.1:${broker.port('plain')}`);
    await subscriber.subscribeAsync('psk/#', { qos: 1 });
    const received = new Promise<string>((resolve) => {
      subscriber.once('message', (topic, payload) => resolve(`${topic} ${payload.toString()}`));
    });
    const { code } = await publish('pump-7', key, ['--tls-version', version, '-i', `device-${version}`]);
    expect(code).toBe(0);
    expect(await received).toBe('psk/x hello');
    await broker.log.waitFor(new RegExp(`"device-${version.replace('.', '\\.')}".*"pump-7"`));
    await subscriber.endAsync(true);
  });

  test('is refused with another key, under another identity, and without one', async () => {
    expect((await publish('pump-7', key.replace('00', 'ff'))).code).not.toBe(0);
    expect((await publish('pump-8', key)).code).not.toBe(0);
    const anonymous = connectAsync(`mqtts://localhost:${broker.port('psk')}`, {
      rejectUnauthorized: false,
      reconnectPeriod: 0,
    });
    await expect(anonymous).rejects.toThrowError(/Not authorized/);
  });
});
