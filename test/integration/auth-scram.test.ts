import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { connect, type MqttClient } from 'mqtt';
import type { IAuthPacket, Packet } from 'mqtt-packet';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { connectOf, type Dialogue, dialogue, dialogueOn } from '../support/dialogue.ts';
import { fakeIo } from '../support/fake-io.ts';
import { version1 } from '../support/proxy-bytes.ts';
import { scramClient, scramMethod } from '../support/scram-client.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const directory = await temporaryDirectory();
const secret = 'x'.repeat(32);
const listener = { bind: '127.0.0.1:0', tls: 'off', accept: ['mqtt'], authentication: ['scram', 'jwt'] };
let broker: TestBroker;
beforeAll(async () => {
  for (const user of ['bob', 'mallory']) {
    const io = fakeIo({ cwd: directory.path, input: 'pencil\n' });
    await runCli(['passwd', 'add', '--scram', 'passwd', user], io);
    expect(io.err()).toBe('');
  }
  await writeFile(join(directory.path, 'secret'), secret);
  broker = await startBroker({
    listeners: [
      { ...listener, name: 'a' },
      { ...listener, name: 'proxied', proxy: { from: ['127.0.0.1'] } },
    ],
    access: {
      passwords: { file: join(directory.path, 'passwd') },
      jwt: { algorithms: ['HS256'], secret: { file: join(directory.path, 'secret') } },
      failures: { count: 3, window: '1h', ban: '1h' },
      bans: { list: [{ user: 'mallory' }] },
      rules: [
        { allow: 'all', claim: { site: 'north' } },
        { allow: 'all', topics: ['open/#'] },
      ],
    },
  });
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

const auth = (reasonCode: number, data: Buffer, name = scramMethod): Packet => ({
  cmd: 'auth',
  reasonCode,
  properties: { authenticationMethod: name, authenticationData: data },
});
const dataOf = (packet: Packet | undefined): Buffer =>
  Buffer.from((packet as IAuthPacket | undefined)?.properties?.authenticationData ?? '');

async function login(client: Dialogue, user: string, password: string) {
  const side = scramClient(user, password);
  const properties = { authenticationMethod: scramMethod, authenticationData: side.first };
  const challenge = await client.ask(connectOf('probe', { properties }));
  return { end: await client.ask(auth(0x18, side.answer(dataOf(challenge)))), challenge, side };
}

test('SCRAM-SHA-256 lets in who has the password, and the server proves that it knows the user; it may do so again [MQTT-4.12.0-2] [MQTT-4.12.0-5] [MQTT-4.12.1-2]', async () => {
  await using client = await dialogue(broker.port('a'));
  const { end, challenge, side } = await login(client, 'bob', 'pencil');
  expect(challenge).toMatchObject({ cmd: 'auth', reasonCode: 0x18, properties: { authenticationMethod: scramMethod } });
  expect(end).toMatchObject({ cmd: 'connack', reasonCode: 0, properties: { authenticationMethod: scramMethod } });
  expect(dataOf(end).toString()).toBe(side.expected());
  const again = scramClient('bob', 'pencil');
  const second = await client.ask(auth(0x19, again.first)); // [MQTT-4.12.1-1]
  expect(await client.ask(auth(0x18, again.answer(dataOf(second))))).toMatchObject({ cmd: 'auth', reasonCode: 0 });
  const wrong = scramClient('bob', 'wrong');
  const third = await client.ask(auth(0x19, wrong.first));
  const goodbye = await client.ask(auth(0x18, wrong.answer(dataOf(third))));
  expect(goodbye).toMatchObject({ cmd: 'disconnect', reasonCode: 0x87 }); // [MQTT-4.12.1-2]
});

test.each([
  ['bob', 'wrong'],
  ['nobody', 'pencil'],
])('%s with the password %s takes the same steps to 0x86 [MQTT-4.12.0-4]', async (user, password) => {
  await using client = await dialogue(broker.port('a'));
  const { end, challenge } = await login(client, user, password);
  expect(challenge).toMatchObject({ cmd: 'auth', reasonCode: 0x18 });
  expect(dataOf(challenge).toString()).toMatch(/^r=abc[^,]{24},s=[^,]{24},i=4096$/);
  expect(end).toMatchObject({ cmd: 'connack', reasonCode: 0x86 });
});

test('who does not exist is told a salt of its own, the same each time', async () => {
  const saltOf = async (user: string): Promise<string | undefined> => {
    await using client = await dialogue(broker.port('a'));
    const properties = { authenticationMethod: scramMethod, authenticationData: scramClient(user, 'x').first };
    const challenge = await client.ask(connectOf('probe', { properties }));
    return /,(s=.*)$/.exec(dataOf(challenge).toString())?.[1];
  };
  const [nobody, again, other, bob] = [
    await saltOf('nobody'),
    await saltOf('nobody'),
    await saltOf('other'),
    await saltOf('bob'),
  ];
  expect(nobody).toBe(again);
  expect(new Set([nobody, other, bob]).size).toBe(3);
});

test('a ban of a user counts, by whatever the user proves to be who it is', async () => {
  await using client = await dialogue(broker.port('a'));
  const { end } = await login(client, 'mallory', 'pencil');
  expect(end).toMatchObject({ cmd: 'connack', reasonCode: 0x8a });
});

test('exchanges that fail keep their address out for a while (access.failures)', async () => {
  const from = async (address: string, password: string): Promise<unknown> => {
    const socket = createConnection(broker.port('proxied'), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(version1(address));
    await using client = dialogueOn(socket);
    const side = scramClient('bob', password);
    const properties = { authenticationMethod: scramMethod, authenticationData: side.first };
    const answer = await client.ask(connectOf('probe', { properties }));
    const isAsked = answer?.cmd === 'auth';
    return isAsked ? await client.ask(auth(0x18, side.answer(dataOf(answer)))) : answer;
  };
  for (const guess of ['a', 'b', 'c']) expect(await from('192.0.2.7', guess)).toMatchObject({ reasonCode: 0x86 });
  expect(await from('192.0.2.7', 'pencil')).toMatchObject({ cmd: 'connack', reasonCode: 0x8a });
  expect(await from('192.0.2.8', 'pencil')).toMatchObject({ cmd: 'connack', reasonCode: 0 });
});

test('a user whose line is another before its exchange is over is refused as one with a wrong password', async () => {
  await using client = await dialogue(broker.port('a'));
  const side = scramClient('bob', 'pencil');
  const properties = { authenticationMethod: scramMethod, authenticationData: side.first };
  const challenge = await client.ask(connectOf('probe', { properties }));
  const before = broker.log.count(/counts from now on/);
  const io = fakeIo({ cwd: directory.path, input: 'chalk\n' });
  await runCli(['passwd', 'add', '--scram', 'passwd', 'bob'], io);
  await expect.poll(() => broker.log.count(/counts from now on/)).toBeGreaterThan(before);
  expect(await client.ask(auth(0x18, side.answer(dataOf(challenge))))).toMatchObject({ reasonCode: 0x86 });
  await using later = await dialogue(broker.port('a'));
  expect((await login(later, 'bob', 'chalk')).end).toMatchObject({ cmd: 'connack', reasonCode: 0 });
});

type Heard = (client: MqttClient) => Promise<unknown>;
const connected: Heard = (client) => new Promise((resolve) => void client.once('connect', resolve));
const failed: Heard = (client) => new Promise((resolve) => void client.once('error', resolve));
const payload: Heard = (client) =>
  new Promise((resolve) => void client.once('message', (_topic, bytes) => resolve(bytes.toString())));

/** mqtt.js, which leaves the method to its user. */
function mqttJs(user: string, password: string): { client: MqttClient; isServerKnown: () => boolean } {
  const side = scramClient(user, password);
  const client = connect(`mqtt://127.0.0.1:${broker.port('a')}`, {
    protocolVersion: 5,
    manualConnect: true,
    reconnectPeriod: 0,
    properties: { authenticationMethod: scramMethod, authenticationData: side.first },
  });
  let last = '';
  client.on('connect', ({ properties }) => {
    last = properties?.authenticationData?.toString() ?? '';
  });
  client.handleAuth = (packet, done) => done(undefined, auth(0x18, side.answer(dataOf(packet))));
  client.connect();
  return { client, isServerKnown: () => last !== '' && last === side.expected() };
}

test('mqtt.js signs in by SCRAM-SHA-256, knows the server by its last word, and gets its messages', async () => {
  const { client, isServerKnown } = mqttJs('bob', 'chalk');
  await connected(client);
  expect(isServerKnown()).toBe(true);
  await client.subscribeAsync('open/door');
  const message = payload(client);
  await client.publishAsync('open/door', 'knock', { qos: 1 });
  expect(await message).toBe('knock');
  await client.endAsync();
  const wrong = mqttJs('bob', 'cheese');
  expect(await failed(wrong.client)).toMatchObject({ code: 0x86 });
  await wrong.client.endAsync(true);
});

test('a new token by re-authentication brings its claims to the rules; one of another user ends the connection', async () => {
  const token = async (claims: object, sub = 'ann'): Promise<Buffer> =>
    Buffer.from(
      await new SignJWT({ sub, exp: Math.floor(Date.now() / 1_000) + 60, ...claims })
        .setProtectedHeader({ alg: 'HS256' })
        .sign(Buffer.from(secret)),
    );
  await using client = await dialogue(broker.port('a'));
  const properties = { authenticationMethod: 'OAUTH2-JWT', authenticationData: await token({ site: 'south' }) };
  expect(await client.ask(connectOf('ann', { properties }))).toMatchObject({ cmd: 'connack', reasonCode: 0 });
  const publish = {
    cmd: 'publish',
    topic: 'plant',
    payload: 'x',
    qos: 1,
    retain: false,
    dup: false,
    messageId: 1,
  } as const;
  expect(await client.ask(publish)).toMatchObject({ cmd: 'puback', reasonCode: 0x87 });
  expect(await client.ask(auth(0x19, await token({ site: 'north' }), 'OAUTH2-JWT'))).toMatchObject({
    cmd: 'auth',
    reasonCode: 0,
  });
  expect(await client.ask(publish)).toMatchObject({ cmd: 'puback', reasonCode: 0x10 });
  const other = await token({ site: 'north' }, 'bob');
  expect(await client.ask(auth(0x19, other, 'OAUTH2-JWT'))).toMatchObject({ cmd: 'disconnect', reasonCode: 0x87 });
});
