import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { repository, startViaduct, viaduct } from '../support/program.ts';
import { runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startBroker();
});
afterAll(() => broker[Symbol.asyncDispose]());

type Way = 'mqtts' | 'mqtts-two-way' | 'wss';

const server = (way: Way): string[] => [
  '--url',
  way === 'wss' ? `wss://localhost:${broker.port('wss')}/mqtt` : `mqtts://localhost:${broker.port(way)}`,
  '--ca',
  broker.file('root-ca.pem'),
];
const identity = (): string[] => ['--cert', broker.file('client-demo.pem'), '--key', broker.file('client-demo.key')];

const ways: readonly Way[] = ['mqtts', 'mqtts-two-way', 'wss'];
const all = ways.flatMap((way) => ['3.1.1', '5'].map((version) => ({ way, version })));

test.each(all)('pub and sub exchange a message over $way with MQTT $version', async ({ way, version }) => {
  const options = [...server(way), '-V', version, ...(way === 'mqtts-two-way' ? identity() : [])];
  const topic = `cli/${way}/${version}`;
  await using sub = startViaduct(['sub', '-t', 'cli/#', '-q', '1', '-C', '1', ...options]);
  await sub.stderr.waitFor(/subscribed to cli\/#/);
  expect(await viaduct(['pub', '-t', topic, '-m', 'hello', '-q', '1', ...options])).toMatchObject({ code: 0 });
  expect(await sub.exited).toBe(0);
  expect(sub.stdout.text()).toContain(`${topic} hello`);
});

test('sub --json shows QoS, retain and the properties of MQTT 5', async () => {
  const options = [...server('mqtts'), '-V', '5'];
  const properties = ['--user-property', 'trace=7', '--content-type', 'text/plain'];
  await viaduct(['pub', '-t', 'cli-json/kept', '-m', 'still here', '-q', '1', '-r', ...properties, ...options]);
  const { code, stdout } = await viaduct([
    'sub',
    '-t',
    'cli-json/+',
    '-q',
    '1',
    '-C',
    '1',
    '--json',
    '--timeout',
    '10s',
    ...options,
  ]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    topic: 'cli-json/kept',
    qos: 1,
    retain: true,
    payload: 'still here',
    properties: { contentType: 'text/plain' },
  });
});

test('pub says in one line why it does not get through', async () => {
  const publish = async (args: readonly string[]): Promise<string> => {
    const { code, stderr } = await viaduct(['pub', '-t', 'a', '-m', 'x', ...args]);
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    return stderr;
  };
  expect(await publish(['--url', 'mqtt://127.0.0.1:1'])).toMatch(/nothing accepts connections/);
  expect(await publish(['--url', `mqtts://localhost:${broker.port('mqtts')}`])).toMatch(/--ca/);
  expect(await publish(server('mqtts-two-way'))).toMatch(/certificate/);
});

test('a broker that takes no anonymous clients says so to pub, and in its log', async () => {
  await using strict = await startBroker({ access: { anonymous: 'never' } }, broker.certificates);
  const { code, stderr } = await viaduct([
    'pub',
    '-t',
    'a',
    '-m',
    'x',
    '--url',
    `mqtt://127.0.0.1:${strict.port('mqtt')}`,
  ]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/not authori[sz]ed/i);
  expect(await strict.log.waitFor(/anonymous/)).toContain('access.anonymous');
  const url = `mqtts://localhost:${strict.port('mqtts-two-way')}`;
  const trust = ['--ca', broker.file('root-ca.pem'), ...identity()];
  const accepted = await viaduct(['pub', '-t', 'a', '-m', 'x', '--url', url, ...trust]);
  expect(accepted).toMatchObject({ code: 0 });
});

test('topic explains names and rules, for people and as JSON', async () => {
  const { stdout } = await viaduct(['topic', 'signal/a b']);
  expect(stdout).toMatch(/subject\s+signal\.a\/x20b/);
  const { stdout: json } = await viaduct(['topic', '--subject', 'signal.room.7', '--json']);
  expect(JSON.stringify(JSON.parse(json))).toContain('signal/room/7');
});

test('a Node that is too old is told in one sentence, before anything that it does not understand', async () => {
  await using directory = await temporaryDirectory();
  const dist = join(repository, 'dist');
  await mkdir(join(directory.path, 'cli'));
  // of the rest of the program nothing is there, so that loading any of it would fail otherwise
  for (const file of ['bin.js', join('cli', 'node-version.js')])
    await copyFile(join(dist, file), join(directory.path, file));
  await writeFile(join(directory.path, 'package.json'), '{"type":"module"}');
  await writeFile(
    join(directory.path, 'old.mjs'),
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } });",
  );
  const args = ['--import', join(directory.path, 'old.mjs'), join(directory.path, 'bin.js'), '--version'];
  const { code, stdout, stderr } = await runToEnd('node', args);
  expect({ code, stdout: stdout.trim() }).toEqual({ code: 1, stdout: '' });
  expect(stderr.trim().split('\n')).toEqual([
    expect.stringMatching(/needs Node 20\.19 or later; this is Node 18\.20\.8/),
  ]);
});
