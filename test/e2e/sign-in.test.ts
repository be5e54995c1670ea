import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { argon2Hash } from '../../src/auth/passwords/argon2.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { launchBrowser } from '../support/browser.ts';
import { openConsole } from '../support/console-page.ts';
import { packet, text, u16 } from '../support/packet-bytes.ts';
import { repository } from '../support/program.ts';
import { runProgram, runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Each client that people have signs in over TLS, with a password and with a token, and hears why not. */

const directory = await temporaryDirectory();
const at = (name: string): string => join(directory.path, name);
const secret = 'a secret of more than thirty-two bytes';
const signed = (key: string): Promise<string> =>
  new SignJWT({ sub: 'bob' }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h').sign(Buffer.from(key));

let broker: TestBroker;
let token = '';
let forged = '';
beforeAll(async () => {
  const hash = await argon2Hash(Buffer.from('secret'), { memoryKiB: 1_024, passes: 1, lanes: 1 });
  await writeFile(at('passwd'), `bob:${hash}\n`);
  await writeFile(at('key'), secret);
  token = await signed(secret);
  forged = await signed(`${secret}!`);
  broker = await startBroker({
    access: {
      anonymous: 'never',
      passwords: { file: at('passwd'), rehash: false, argon2: { memory: '1MiB', passes: 1 } },
      jwt: { algorithms: ['HS256'], secret: { file: at('key') } },
      rules: [
        { deny: 'subscribe', topics: ['test/nosubscribe'] },
        { allow: 'all', user: 'bob', topics: ['#'] },
      ],
    },
    limits: { keepAlive: { max: '60s' } },
  });
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

const passwordOf = (what: string): string => ({ token, forged })[what] ?? what;

describe.each(['mqttv311', 'mqttv5'])('the clients of mosquitto with %s', (version) => {
  const run = (program: string, password: string, ...more: readonly string[]) => {
    const server = ['-h', 'localhost', '-p', String(broker.port('mqtts')), '--cafile', broker.file('root-ca.pem')];
    const login = ['-V', version, '-u', 'bob', '-P', passwordOf(password)];
    return runToEnd(program, [...server, ...login, ...more]);
  };

  test.each(['secret', 'token'])('publish with the password "%s"', async (password) => {
    const { code, stderr } = await run('mosquitto_pub', password, '-q', '1', '-t', 'a', '-m', 'x');
    expect({ code, stderr: stderr.trim() }).toEqual({ code: 0, stderr: '' });
  });

  test.each(['wrong', 'forged'])('are refused with the password "%s"', async (password) => {
    const { code, stderr } = await run('mosquitto_pub', password, '-q', '1', '-t', 'a', '-m', 'x');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/bad user name or password|not authori[sz]ed/i);
  });

  test('are told that they may not subscribe', async () => {
    const { stderr } = await run('mosquitto_sub', 'secret', '-W', '30', '-t', 'test/nosubscribe');
    expect(stderr).toContain('All subscription requests were denied.');
  });
});

describe.each([4, 5])('paho-mqtt of Debian with level %i', (version) => {
  const signIn = async (password: string): Promise<unknown> => {
    const program = join(repository, 'test', 'support', 'paho', 'sign-in.py');
    const server = ['--port', String(broker.port('mqtts')), '--ca', broker.file('root-ca.pem')];
    const login = ['--version', String(version), '--user', 'bob', '--password', passwordOf(password)];
    const filters = ['test/nosubscribe', 'TopicA'];
    const { code, stdout, stderr } = await runToEnd('/usr/bin/python3', [program, ...server, ...login, ...filters]);
    expect({ code, stderr: stderr.trim() }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout);
  };

  test.each(['secret', 'token'])(
    'is let in with the password "%s", told of limits.keepAlive and of what it may not',
    async (password) => {
      const granted = version === 5 ? [0x87, 2] : [0x80, 2];
      expect(await signIn(password)).toEqual({ connack: 0, serverKeepAlive: version === 5 ? 60 : null, granted });
    },
  );

  test.each(['wrong', 'forged'])('is refused with the password "%s"', async (password) => {
    expect(await signIn(password)).toMatchObject({ connack: version === 5 ? 0x86 : 4, granted: [] });
  });
});

describe.each([4, 5] as const)('mqtt.js over wss with level %i', (protocolVersion) => {
  const open = (password: string) =>
    connectAsync(
      `wss://localhost:${broker.port('wss')}/mqtt`,
      {
        ca: readFileSync(broker.file('root-ca.pem')),
        protocolVersion,
        username: 'bob',
        password: passwordOf(password),
        reconnectPeriod: 0,
      },
      false,
    );

  test.each(['secret', 'token'])('is let in with the password "%s"', async (password) => {
    const client = await open(password);
    expect(await client.subscribeAsync('a', { qos: 1 })).toMatchObject([{ topic: 'a', qos: 1 }]);
    await client.publishAsync('a', 'x', { qos: 1 });
    await client.endAsync();
  });

  test.each(['wrong', 'forged'])('is refused with the password "%s"', async (password) => {
    await expect(open(password)).rejects.toThrow(/bad user ?name or password/i);
  });
});

test.each([
  ['secret', 0],
  ['token', 0],
  ['wrong', 4],
  ['forged', 4],
])(
  'CONNECT through openssl s_client with the password "%s" is answered with return code %i',
  async (password, code) => {
    const server = ['-connect', `localhost:${broker.port('mqtts')}`, '-CAfile', broker.file('root-ca.pem')];
    await using openssl = runProgram('openssl', ['s_client', ...server, '-quiet', '-verify_return_error', '-ign_eof']);
    const { stdin, stdout } = openssl.process;
    const answer = once(stdout.setEncoding('latin1'), 'data');
    const login = [text('bob'), text(passwordOf(password))];
    stdin.write(packet(0x10, text('MQTT'), 4, 0xc2, u16(0), text('openssl'), ...login));
    expect(Buffer.from((await answer)[0], 'latin1').toString('hex')).toBe(`2002000${code}`);
  },
);

test('the console in Chromium signs in with a password and with a token, and says why not', async () => {
  await using chromium = await launchBrowser({ certificate: readFileSync(broker.file('server.pem'), 'utf8') });
  const console = await openConsole(await chromium.newPage(), `https://localhost:${broker.port('wss')}/`);
  for (const [password, clientId] of [
    ['secret', 'page-password'],
    [token, 'page-token'],
  ] as const) {
    await console.connect({ version: '5', clientId, username: 'bob', password });
    expect(await console.waitForLine('CONNECTED', clientId)).toContain(clientId);
    await console.disconnect();
    await console.waitForLine('DISCONNECTED', /by this page/);
  }
  await console.connect({ version: '5', clientId: 'page-wrong', username: 'bob', password: 'wrong' });
  expect(await console.waitForLine('ERROR')).toContain('the user name or password is malformed or wrong');
});
