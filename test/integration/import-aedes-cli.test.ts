import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { startBroker } from '../support/broker.ts';
import { cli } from '../support/cli.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** As `aedes adduser` makes them: 64 random bytes in hex, and as such the salt of 256 bytes of PBKDF2. */
function entryOf(password: string, more: object = {}) {
  const salt = randomBytes(64).toString('hex');
  const hash = pbkdf2Sync(password, salt, 10_000, 256, 'sha256').toString('hex');
  return { salt, hash, authorizePublish: '**', authorizeSubscribe: '**', ...more };
}

const credentials = JSON.stringify(
  {
    admin: entryOf('of admin'),
    ann: entryOf('of ann', { authorizePublish: 'home/*', authorizeSubscribe: 'home/**' }),
    bob: entryOf('of bob', { authorizePublish: 'dev*/x' }),
    old: { ...entryOf('of old'), hash: 'abcd' },
    anonymous: entryOf('of nobody'),
  },
  undefined,
  2,
);
const settings = JSON.stringify(
  {
    protos: ['tcp', 'ws'],
    port: 1_884,
    connectTimeout: 5_000,
    concurrency: 100,
  },
  undefined,
  2,
);

test('users come in with their passwords and may do what they could, and what has no counterpart is named by line', async () => {
  await using folder = await temporaryDirectory();
  const at = (name: string): string => join(folder.path, name);
  await writeFile(at('aedes.json'), settings);
  await writeFile(at('credentials.json'), credentials);
  const args = ['import', 'aedes-cli', 'aedes.json', '--credentials', 'credentials.json', '--out', 'out'];
  const { code, stdout: out } = await cli(args, { cwd: folder.path });
  expect(out).toMatch(/^aedes\.json:2: DIFFERS: protos\n {4}any path is taken there/m);
  expect(out).toMatch(/^aedes\.json:\d+: LEFT OUT: concurrency$/m);
  expect(out).toMatch(/^credentials\.json:\d+: DIFFERS: user ann: subscribe home\/\*\*\n/m);
  expect(out).toMatch(/^credentials\.json:\d+: LEFT OUT: user bob: publish dev\*\/x\n/m);
  expect(out).toMatch(/^credentials\.json:\d+: LEFT OUT: user old\n/m);
  expect(out).toMatch(
    /^credentials\.json:\d+: LEFT OUT: user anonymous\n {4}its user name cannot stand in a password file$/m,
  );
  expect(code, out).toBe(0);
  const config = parse(await readFile(at('out/viaduct.yaml'), 'utf8')) as Record<string, object>;
  expect(config['listeners']).toEqual([
    { name: 'tcp', bind: '127.0.0.1:1884', tls: 'off', accept: ['mqtt'] },
    { name: 'ws', bind: '127.0.0.1:3000', tls: 'off', accept: ['websocket'] },
  ]);
  expect(config['limits']).toEqual({ connectTimeout: '5000ms' });

  await using broker = await startBroker({
    listeners: [{ name: 'tcp', bind: '127.0.0.1:0', tls: 'off', accept: ['mqtt'] }],
    access: config['access'],
    store: { type: 'memory' },
  });
  const connect = (username: string, password = `of ${username}`) =>
    mqtt.connectAsync({
      port: broker.port('tcp'),
      host: '127.0.0.1',
      protocolVersion: 5,
      username,
      password,
      reconnectPeriod: 0,
    });
  const publishes = async (user: string, topic: string): Promise<boolean> => {
    const client = await connect(user);
    const isTaken = await client.publishAsync(topic, '', { qos: 1 }).then(
      () => true,
      () => false,
    );
    client.end(true);
    return isTaken;
  };
  expect(await publishes('admin', 'any/where')).toBe(true);
  expect(await publishes('ann', 'home/x')).toBe(true);
  expect(await publishes('ann', 'home/x/y')).toBe(false);
  expect(await publishes('bob', 'dev1/x')).toBe(false);
  await expect(connect('ann', 'of bob')).rejects.toThrow(/user name or password/i);
  await expect(connect('old')).rejects.toThrow(/user name or password/i);
});

test('a listener with TLS has its certificate and key, and is told where they are not there', async () => {
  await using folder = await temporaryDirectory();
  const at = (name: string): string => join(folder.path, name);
  await writeFile(at('aedes.json'), JSON.stringify({ protos: ['wss'], cert: 'server.pem', key: 'server.key' }));
  const { code, stderr } = await cli(['import', 'aedes-cli', 'aedes.json', '--out', 'out'], { cwd: folder.path });
  expect(stderr).toContain(at('server.pem'));
  expect(code).toBe(1);
  const { listeners } = parse(await readFile(at('out/viaduct.yaml'), 'utf8')) as { listeners: unknown };
  const files = { certificate: at('server.pem'), key: at('server.key') };
  expect(listeners).toEqual([{ name: 'wss', bind: '127.0.0.1:4000', tls: 'one-way', accept: ['websocket'], ...files }]);
});

test('without a file it is the default listener, open to this machine', async () => {
  await using folder = await temporaryDirectory();
  const { code } = await cli(['import', 'aedes-cli', '--out', 'out'], { cwd: folder.path });
  expect(code).toBe(0);
  expect(parse(await readFile(join(folder.path, 'out', 'viaduct.yaml'), 'utf8'))).toEqual({
    listeners: [{ name: 'tcp', bind: '127.0.0.1:1883', tls: 'off', accept: ['mqtt'] }],
    access: { anonymous: ['tcp'] },
  });
});

test.each([
  ['aedes.js', 'module.exports = {}', [], 'a file of JavaScript is not run; make JSON of it'],
  ['aedes.json', '{}', ['--credentials', 'aedes.js'], 'has no credentials of aedes-cli'],
])('%s with %s is refused with advice', async (name, text, more, advice) => {
  await using folder = await temporaryDirectory();
  await writeFile(join(folder.path, 'aedes.js'), 'module.exports = {}');
  await writeFile(join(folder.path, name), text);
  const { code, stderr: err } = await cli(['import', 'aedes-cli', name, ...more, '--out', 'out'], { cwd: folder.path });
  expect(code).toBe(2);
  expect(err).toContain(advice);
});
