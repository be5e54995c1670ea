import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { startBroker } from '../support/broker.ts';
import { cli } from '../support/cli.ts';
import { freePorts } from '../support/free-ports.ts';
import { remember } from '../support/mqtt-client.ts';
import { runProgram, runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const acl = `# without a user name
topic read public/#

user admin
topic readwrite #

user alice
topic deny home/alice/secret
topic home/alice/#
topic read weather/+
topic write cmd/{x}

user bob
topic write 50%u/level

pattern readwrite inbox/%u
pattern read by-id/%c/#
`;
const users = ['admin', 'alice', 'bob'] as const;
type User = (typeof users)[number] | 'anonymous';

type At = (name: string) => string;

/** Runs mosquitto with a configuration. */
async function mosquitto(at: At, lines: readonly string[]) {
  await writeFile(at('mosquitto.conf'), lines.join('\n'));
  const program = runProgram('mosquitto', ['-v', '-c', at('mosquitto.conf')]);
  await program.stderr.waitFor(/mosquitto version \S+ running/);
  return program;
}

/** Mosquitto, and this program with what was imported of its files. @param write makes them. @returns lines of mosquitto.conf */
async function bothBrokers(write: (at: At, port: number) => Promise<readonly string[]>) {
  const directory = await temporaryDirectory();
  const at: At = (name) => join(directory.path, name);
  const [port = 0] = await freePorts(1);
  const program = await mosquitto(at, await write(at, port));
  const imported = await cli(['import', 'mosquitto', 'mosquitto.conf', '--out', 'new'], { cwd: directory.path });
  const sections = parse(await readFile(at('new/viaduct.yaml'), 'utf8')) as Record<string, unknown>;
  const free = (sections['listeners'] as object[]).map((one) => ({ ...one, bind: '127.0.0.1:0' }));
  const broker = await startBroker({ ...sections, listeners: free, store: { type: 'memory' } });
  return {
    imported,
    sections,
    at,
    ports: { mosquitto: port, viaduct: broker.port(`mqtt-${port}`) },
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]();
      await program[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

const passwordOf = (user: string): string => `of ${user}`;

async function withAcl(at: At, port: number): Promise<readonly string[]> {
  await writeFile(at('acl'), acl);
  for (const user of users)
    await runToEnd('mosquitto_passwd', [
      '-b',
      ...(user === 'admin' ? ['-c'] : []),
      at('passwords'),
      user,
      passwordOf(user),
    ]);
  return [
    'user root',
    'allow_anonymous true',
    `password_file ${at('passwords')}`,
    `acl_file ${at('acl')}`,
    'max_queued_messages 500',
    `listener ${port} 127.0.0.1`,
  ];
}

/** Made by mosquitto's own tool, which asks the running broker. */
async function withDynamicSecurity(at: At, port: number): Promise<readonly string[]> {
  const plugin = (await runToEnd('find', ['/usr/lib', '-name', 'mosquitto_dynamic_security.so'])).stdout.trim();
  const lines = [
    'user root',
    `plugin ${plugin}`,
    `plugin_opt_config_file ${at('security.json')}`,
    `listener ${port} 127.0.0.1`,
  ];
  await runToEnd('mosquitto_ctrl', ['dynsec', 'init', at('security.json'), 'control', passwordOf('control')]);
  await using _program = await mosquitto(at, lines);
  const login = ['-h', '127.0.0.1', '-p', `${port}`, '-u', 'control', '-P', passwordOf('control'), 'dynsec'];
  const commands = [
    ...users.map((user) => ['createClient', user, '-p', passwordOf(user)]),
    ...['everything', 'house', 'mailbox', 'closed'].map((role) => ['createRole', role]),
    ['addRoleACL', 'everything', 'publishClientSend', '#', 'allow'],
    ['addRoleACL', 'everything', 'subscribePattern', '#', 'allow'],
    ['addRoleACL', 'house', 'publishClientSend', 'home/alice/#', 'allow'],
    ['addRoleACL', 'house', 'subscribePattern', 'home/alice/#', 'allow'],
    ['addRoleACL', 'house', 'publishClientSend', 'home/alice/secret', 'deny', '10'],
    ['addRoleACL', 'mailbox', 'subscribePattern', 'inbox/+', 'allow'],
    ['addRoleACL', 'mailbox', 'publishClientSend', 'weather/+', 'allow'],
    ['addRoleACL', 'closed', 'publishClientReceive', 'public/#', 'deny'],
    ['addRoleACL', 'closed', 'subscribeLiteral', 'public/a', 'allow'],
    ['createGroup', 'people'],
    ['addGroupRole', 'people', 'mailbox'],
    ['addGroupClient', 'people', 'alice'],
    ['addGroupClient', 'people', 'bob'],
    ['addClientRole', 'admin', 'everything'],
    ['addClientRole', 'alice', 'house', '5'],
    ['addClientRole', 'bob', 'closed', '5'],
  ];
  for (const command of commands)
    expect(await runToEnd('mosquitto_ctrl', [...login, ...command])).toMatchObject({ code: 0 });
  return lines;
}

const connect = (port: number, user: User): Promise<MqttClient> =>
  mqtt.connectAsync(
    `mqtt://127.0.0.1:${port}`,
    {
      protocolVersion: 5,
      reconnectPeriod: 0,
      clientId: `id-of-${user}`,
      ...(user === 'anonymous' ? {} : { username: user, password: passwordOf(user) }),
    },
    false,
  );

/** Whether a user gets what is published on a topic that it subscribes to. */
async function canRead(port: number, user: User, topic: string): Promise<boolean> {
  const [reader, admin] = [remember(await connect(port, user)), await connect(port, 'admin')];
  const marker = user === 'anonymous' ? 'public/marker' : `inbox/${user}`;
  await reader.mqtt.subscribeAsync(marker, { qos: 1 });
  await reader.mqtt.subscribeAsync(topic, { qos: 1 }).catch(() => undefined);
  await admin.publishAsync(topic, 'x', { qos: 1 });
  await admin.publishAsync(marker, 'end', { qos: 1 });
  for (let count = 1; !reader.messages.some(({ payload }) => payload.toString() === 'end'); count += 1)
    await reader.take(count);
  await Promise.all([reader.mqtt.endAsync(), admin.endAsync()]);
  return reader.messages.some((message) => message.topic === topic && message.payload.toString() === 'x');
}

async function canPublish(port: number, user: User, topic: string): Promise<boolean> {
  const client = await connect(port, user);
  const isTaken = await client.publishAsync(topic, 'x', { qos: 1 }).then(
    () => true,
    () => false,
  );
  await client.endAsync();
  return isTaken;
}

const topics = [
  'public/a',
  'home/alice',
  'home/alice/door',
  'home/alice/secret',
  'weather/berlin',
  'weather/berlin/now',
  '50%u/level',
  '50bob/level',
  'by-id/id-of-bob/x',
  'inbox/alice',
  'other',
];

test.each([
  ['an acl_file and a password_file', withAcl, ['alice', 'bob', 'anonymous'], 7],
  ['the dynamic security plugin', withDynamicSecurity, ['alice', 'bob'], 7],
] as const)('who may publish and read what is the same as in mosquitto, of %s', async (_what, write, who, granted) => {
  await using world = await bothBrokers(write);
  expect(world.imported).toMatchObject({ code: 0, stderr: '' });
  const verdicts = async (port: number): Promise<string[]> => {
    const found: string[] = [];
    for (const user of who)
      for (const topic of topics)
        found.push(`${user} ${topic} ${await canPublish(port, user, topic)} ${await canRead(port, user, topic)}`);
    return found;
  };
  const theirs = await verdicts(world.ports.mosquitto);
  expect(await verdicts(world.ports.viaduct)).toEqual(theirs);
  expect(theirs.filter((line) => line.includes('true'))).toHaveLength(granted);
});

test('what is not the same is named by file and line, and the files are for their owner alone', async () => {
  await using world = await bothBrokers(withAcl);
  const { stdout } = world.imported;
  expect(stdout).toContain(`${world.at('acl')}:11: LEFT OUT: topic write cmd/{x}`);
  expect(stdout).toMatch(/acl:2: DIFFERS: topic read public\/#\n {4}a subscription is refused unless/);
  expect(stdout).toMatch(/mosquitto\.conf:1: LEFT OUT: user root\n {4}start it as the user/);
  expect(stdout).toMatch(/\d+ lines: \d+ taken, 1 differ, 2 left out/);
  expect(world.sections).toMatchObject({ store: { queue: { messages: 500 } } });
  for (const name of ['new/viaduct.yaml', 'new/passwd']) expect((await stat(world.at(name))).mode & 0o777).toBe(0o600);
  const again = await cli(['import', 'mosquitto', world.at('mosquitto.conf'), '--out', world.at('new')], { cwd: '/' });
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('nothing is overwritten') as string });
});

test.each(['viaduct.yaml', 'passwd'])(
  'where the folder has a %s already, the import writes nothing beside it and changes nothing in it',
  async (name) => {
    await using directory = await temporaryDirectory();
    const at: At = (path) => join(directory.path, path);
    await mkdir(at('new'));
    await writeFile(at(`new/${name}`), 'of somebody');
    await writeFile(at('passwords'), `alice:$7$101$${'A'.repeat(16)}$${'A'.repeat(86)}==\n`);
    await writeFile(at('mosquitto.conf'), 'password_file passwords\nlistener 1883 127.0.0.1\n');
    const run = await cli(['import', 'mosquitto', 'mosquitto.conf', '--out', 'new'], { cwd: directory.path });
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining(at(`new/${name}`)) as string });
    expect(await readdir(at('new'))).toEqual([name]);
    expect(await readFile(at(`new/${name}`), 'utf8')).toBe('of somebody');
  },
);
