import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run.ts';
import { exampleUnder } from '../support/access-page.ts';
import { startBroker, type TestBroker, testListeners } from '../support/broker.ts';
import { connectOf, dialogue, dialogueOn } from '../support/dialogue.ts';
import { fakeIo } from '../support/fake-io.ts';
import { version1 } from '../support/proxy-bytes.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const run = promisify(execFile);
const directory = await temporaryDirectory();
const file = join(directory.path, 'bans.json');
const listeners = [
  ...testListeners,
  { name: 'proxied', bind: '127.0.0.1:0', tls: 'off', accept: ['mqtt'], proxy: { from: ['127.0.0.1'] } },
];

let broker: TestBroker;
beforeAll(async () => {
  const { access } = exampleUnder('Who may not come');
  const bans = { ...(access['bans'] as object), file };
  broker = await startBroker({
    listeners,
    access: { ...access, bans },
    audit: { file: join(directory.path, 'audit') },
  });
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

/** As a person does it; comes back once it counts. */
async function ban(...args: readonly string[]): Promise<void> {
  const before = broker.log.count(/bans? \(access\.bans\)/);
  const [verb = '', ...options] = args;
  const io = fakeIo({ cwd: directory.path });
  await runCli(['ban', verb, file, ...options], io);
  expect(io.err()).toBe('');
  await expect.poll(() => broker.log.count(/bans? \(access\.bans\)/)).toBeGreaterThan(before);
}

test('a banned client hears 0x8A, before MQTT 5 that it is not authorized; another is taken', async () => {
  await ban('add', '--client-id', 'mallory');
  await using five = await dialogue(broker.port('mqtt'));
  expect(await five.ask(connectOf('mallory'))).toMatchObject({ cmd: 'connack', reasonCode: 0x8a });
  await using four = await dialogue(broker.port('mqtt'), 4);
  expect(await four.ask(connectOf('mallory', { protocolVersion: 4 }))).toMatchObject({ returnCode: 5 });
  await using other = await dialogue(broker.port('mqtt'));
  expect(await other.ask(connectOf('alice'))).toMatchObject({ reasonCode: 0 });
  await ban('remove', '--client-id', 'mallory');
  await using again = await dialogue(broker.port('mqtt'));
  expect(await again.ask(connectOf('mallory'))).toMatchObject({ reasonCode: 0 });
});

test('a ban of the configuration counts as one of the file does', async () => {
  expect(await from('203.0.113.7')).toBeUndefined();
  expect(await from('198.51.100.7')).not.toBeUndefined();
});

test('mosquitto_pub as a banned user is refused', async () => {
  await ban('add', '--user', 'bob', '--for', '1h');
  const publish = (user: string) =>
    run('mosquitto_pub', ['-p', String(broker.port('mqtt')), '-u', user, '-t', 'a', '-m', 'x']);
  await expect(publish('bob')).rejects.toMatchObject({ stderr: expect.stringContaining('not authorised') });
  await expect(publish('carol')).resolves.toBeDefined();
});

test('who is connected is disconnected, and its session and what is queued for it stay', async () => {
  await using client = await dialogue(broker.port('mqtt'));
  const connectPacket = connectOf('carol', { clean: false, properties: { sessionExpiryInterval: 600 } });
  expect(await client.ask(connectPacket)).toMatchObject({ reasonCode: 0 });
  await client.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'news', qos: 1 }] });
  await ban('add', '--client-id', 'carol', '--reason', 'does harm');
  expect(await client.next()).toMatchObject({ cmd: 'disconnect', reasonCode: 0x98 });
  expect(await client.next(), 'the connection is closed').toBeUndefined();
  await run('mosquitto_pub', ['-p', String(broker.port('mqtt')), '-q', '1', '-t', 'news', '-m', 'kept']);
  await ban('remove', '--client-id', 'carol');
  await using again = await dialogue(broker.port('mqtt'));
  expect(await again.ask(connectPacket)).toMatchObject({ reasonCode: 0, sessionPresent: true });
  expect(await again.next()).toMatchObject({ cmd: 'publish', payload: Buffer.from('kept') });
});

test('a banned certificate is refused, by its fingerprint, and mqtt.js says so', async () => {
  const cert = readFileSync(broker.file('client-demo.pem'));
  const { stdout } = await run('openssl', [
    'x509',
    '-in',
    broker.file('client-demo.pem'),
    '-noout',
    '-fingerprint',
    '-sha256',
  ]);
  const fingerprint = stdout.trim().split('=')[1] ?? '';
  await ban('add', '--certificate', fingerprint);
  await expect(mqttClient(cert)).rejects.toMatchObject({ code: 0x8a });
  await ban('remove', '--certificate', fingerprint);
  await (await mqttClient(cert)).endAsync(true);
});

const mqttClient = (cert: Buffer): Promise<MqttClient> =>
  connectAsync(`mqtts://localhost:${broker.port('mqtts-two-way')}`, {
    protocolVersion: 5,
    reconnectPeriod: 0,
    ca: readFileSync(broker.file('root-ca.pem')),
    cert,
    key: readFileSync(broker.file('client-demo.key')),
  });

/** @returns what the client behind the proxy hears; undefined where its connection is closed without a word */
async function from(address: string, more: Parameters<typeof connectOf>[1] = {}): Promise<unknown> {
  const socket = createConnection({ port: broker.port('proxied'), host: '127.0.0.1' });
  await once(socket, 'connect');
  socket.write(version1(address));
  await using client = dialogueOn(socket, 5);
  const answer = await client.ask(connectOf('behind', more));
  return answer && Reflect.get(answer, 'reasonCode');
}

test('no connection is taken from a banned network; behind a proxy it is the address of the client that counts', async () => {
  await ban('add', '--address', '192.0.2.0/24');
  expect(await from('192.0.2.7')).toBeUndefined();
  expect(await from('198.51.100.7')).not.toBeUndefined();
  await ban('remove', '--address', '192.0.2.0/24');
  expect(await from('192.0.2.7')).not.toBeUndefined();
});

test('a file that is broken changes nothing, and the log says so', async () => {
  await ban('add', '--client-id', 'trudy');
  await writeFile(file, '{');
  await broker.log.waitFor(/the bans of before stay/);
  await using client = await dialogue(broker.port('mqtt'));
  expect(await client.ask(connectOf('trudy'))).toMatchObject({ reasonCode: 0x8a });
});

test('bans and whom they refuse are in the audit file', () => {
  const lines = readFileSync(join(directory.path, 'audit'), 'utf8').trim().split('\n');
  const events = lines.map((line) => (JSON.parse(line) as { event?: string }).event);
  expect(events).toEqual(expect.arrayContaining(['bans_reads', 'banned_clients', 'bans_failures']));
});
