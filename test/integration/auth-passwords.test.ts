import { once } from 'node:events';
import { appendFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { argon2Hash } from '../../src/auth/passwords/argon2.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { connectOf, dialogueOn } from '../support/dialogue.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const directory = await temporaryDirectory();
const file = join(directory.path, 'passwd');
const cheap = { memoryKiB: 1_024, passes: 1, lanes: 1 };
const passwords = { file, argon2: { memory: '1MiB', passes: 1 } };
const listener = (name: string, tls: string, authentication: readonly string[]) => ({
  name,
  bind: '127.0.0.1:0',
  tls,
  accept: ['mqtt'],
  authentication,
});

let broker: TestBroker;
beforeAll(async () => {
  await writeFile(file, `bob:${await argon2Hash(Buffer.from('secret'), cheap)}\n`);
  const listeners = [listener('password', 'off', ['password']), listener('open', 'off', ['password', 'anonymous'])];
  broker = await startBroker({ listeners, access: { passwords, anonymous: ['open'] } });
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

/** CONNECT over tcp. @returns CONNACK */
async function answerTo(version: 4 | 5, more: object, name = 'password'): Promise<unknown> {
  const socket = connect(broker.port(name), '127.0.0.1');
  await once(socket, 'connect');
  const answer = await dialogueOn(socket, version).ask(connectOf('probe', { protocolVersion: version, ...more }));
  socket.destroy();
  return answer;
}
const login = (username: string, password: string) => ({ username, password: Buffer.from(password) });

test.each([
  ['a wrong password', login('bob', 'wrong')],
  ['a user that does not exist', login('ann', 'secret')],
  ['an empty password', login('bob', '')],
])('%s is answered with 0x86, and 4 in MQTT 3.1.1, in the same words [MQTT-3.1.4-2]', async (_what, more) => {
  expect(await answerTo(5, more)).toMatchObject({
    cmd: 'connack',
    reasonCode: 0x86,
    properties: { reasonString: 'the user name or the password is wrong' },
  });
  expect(await answerTo(4, more)).toMatchObject({ cmd: 'connack', returnCode: 4 });
});

test('without a password nobody knows the client: 0x87, and 5 in MQTT 3.1.1', async () => {
  expect(await answerTo(5, {})).toMatchObject({ reasonCode: 0x87 });
  expect(await answerTo(5, { username: 'bob' })).toMatchObject({ reasonCode: 0x87 });
  expect(await answerTo(4, {})).toMatchObject({ returnCode: 5 });
});

test('the right password is let in, in both versions, at once where it was remembered, and by mqtt.js', async () => {
  for (const version of [4, 5] as const) {
    expect(await answerTo(version, login('bob', 'secret'))).toMatchObject({
      [version === 5 ? 'reasonCode' : 'returnCode']: 0,
    });
  }
  const client = await connectAsync(`mqtt://127.0.0.1:${broker.port('password')}`, {
    username: 'bob',
    password: 'secret',
  });
  await client.publishAsync('t', 'x', { qos: 1 });
  await client.endAsync();
  await expect(
    connectAsync(
      `mqtt://127.0.0.1:${broker.port('password')}`,
      { username: 'bob', password: 'no', reconnectPeriod: 0 },
      false,
    ),
  ).rejects.toThrow(/Connection refused: Bad username or password/);
});

test('where anonymous clients come too, a wrong password makes nobody anonymous', async () => {
  expect(await answerTo(5, {}, 'open')).toMatchObject({ reasonCode: 0 });
  expect(await answerTo(5, login('bob', 'wrong'), 'open')).toMatchObject({ reasonCode: 0x86 });
});

test('a reload with a wrong line in the file takes nothing, of the file and of the rest', async () => {
  await appendFile(file, 'ann:plain\n');
  expect(await broker.change({ access: { passwords, anonymous: 'never' } })).toMatch(
    /not reloaded, everything stays as it was: .*passwd:2: has no hash/,
  );
  expect(await answerTo(5, {}, 'open')).toMatchObject({ reasonCode: 0 });
  expect(await answerTo(5, login('bob', 'secret'))).toMatchObject({ reasonCode: 0 });
});
