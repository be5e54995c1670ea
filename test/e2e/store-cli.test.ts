import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { open } from 'lmdb';
import mqtt from 'mqtt';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { portOf, startServing, viaduct } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const config = stringify({
  node: 'store-cli',
  listeners: [{ name: 'mqtt', bind: '127.0.0.1:0', tls: 'off', accept: ['mqtt'] }],
  nats: { hub: { bind: '127.0.0.1:0' } },
  bridge: { rules: [] },
  log: { level: 'warn', format: 'json' },
});

/** Runs `viaduct store ...` in a folder. */
async function store(cwd: string, ...args: string[]) {
  const { stderr, ...ended } = await viaduct(['store', ...args, '--config', 'viaduct.yaml'], { cwd });
  return { ...ended, stderr: stderr.trim() };
}

/** Starts the broker in a folder. @returns it with its URL. */
async function serve(cwd: string) {
  const { program, ready } = await startServing('viaduct.yaml', { cwd });
  return {
    program,
    url: `mqtt://127.0.0.1:${portOf(ready, 'mqtt')}`,
    async stop() {
      program.process.kill('SIGTERM');
      expect(await program.exited).toBe(0);
    },
  };
}

/** Leaves a session with three queued messages, one retained message and one will that waits. */
async function fill(url: string): Promise<void> {
  const options = { reconnectPeriod: 0, protocolVersion: 5 } as const;
  const expiry = { sessionExpiryInterval: 3_600 };
  const away = await mqtt.connectAsync(url, { ...options, clientId: 'away', clean: false, properties: expiry });
  await away.subscribeAsync('a/+', { qos: 2, rap: true, properties: { subscriptionIdentifier: 7 } });
  await away.endAsync();
  const leaving = await mqtt.connectAsync(url, {
    ...options,
    clientId: 'leaving',
    clean: false,
    properties: expiry,
    will: { topic: 'gone', payload: Buffer.from('bye'), qos: 1, properties: { willDelayInterval: 3_600 } },
  });
  leaving.stream.destroy();
  const publisher = await mqtt.connectAsync(url, { ...options, clientId: 'publisher' });
  const properties = { contentType: 'text', correlationData: Buffer.from([0, 255]), userProperties: { a: ['1', '2'] } };
  for (const [index, qos] of ([1, 2, 1] as const).entries())
    await publisher.publishAsync(`a/${index}`, Buffer.from([index, 0xff]), { qos, properties });
  await publisher.publishAsync('kept', 'äöü', { qos: 1, retain: true });
  await publisher.endAsync();
}

async function filledFolder() {
  const folder = await temporaryDirectory();
  await writeFile(join(folder.path, 'viaduct.yaml'), config);
  const broker = await serve(folder.path);
  await fill(broker.url);
  return { folder, broker };
}

test('a store is counted, checked, exported and imported, and a broker goes on with it', async () => {
  const { folder, broker } = await filledFolder();
  await using _folder = folder;
  const { path } = folder;
  for (const command of ['check', 'stats', 'export']) {
    const refused = await store(path, command);
    expect([refused.code, refused.stdout.trim()]).toEqual([1, '']);
    expect(refused.stderr).toContain(`process ${broker.program.process.pid} uses the store`);
  }
  await broker.stop();

  const counted = await store(path, 'stats', '--json');
  expect(JSON.parse(counted.stdout)).toMatchObject({
    schemaVersion: 1,
    sessions: 2,
    subscriptions: 1,
    queuedMessages: 3,
    retainedMessages: 1,
    wills: 1,
    diskBytes: expect.any(Number),
  });
  expect((await store(path, 'stats')).stdout).toMatch(/^queued\s+3 messages, \d+ bytes$/m);
  expect(await store(path, 'check')).toMatchObject({ code: 0, stdout: expect.stringContaining('no problem') });

  expect(await store(path, 'export', '--output', 'export.jsonl')).toMatchObject({ code: 0, stderr: '' });
  const lines = await readFile(join(path, 'export.jsonl'), 'utf8');
  expect((await stat(join(path, 'export.jsonl'))).mode & 0o777).toBe(0o600);
  expect((await store(path, 'export', '--output', 'export.jsonl')).stderr).toContain('nothing is overwritten');
  const message = lines.split('\n').find((line) => line.includes('"topic":"a/0"')) ?? '';
  expect(JSON.parse(message)).toMatchObject({ type: 'message', clientId: 'away', payload: 'AP8=', identifiers: [7] });

  expect(await store(path, 'import', 'export.jsonl')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is not empty'),
  });
  const imported = await store(path, 'import', 'export.jsonl', '--directory', 'copy');
  expect(imported).toMatchObject({ code: 0, stderr: '' });
  expect(imported.stdout).toContain('3 message');
  expect((await store(path, 'export', '--directory', 'copy')).stdout).toBe(lines);
  expect((await store(path, 'check', '--directory', 'copy')).stdout).toContain('no problem');

  await writeFile(join(path, 'viaduct.yaml'), `${config}store: { directory: ./copy }\n`);
  const again = await serve(path);
  const client = mqtt.connect(again.url, {
    clientId: 'away',
    clean: false,
    protocolVersion: 5,
    reconnectPeriod: 0,
    properties: { sessionExpiryInterval: 3_600 },
  });
  const topics = await new Promise<string[]>((resolve) => {
    const came: string[] = [];
    client.on('message', (topic) => (came.push(topic) === 3 ? resolve(came) : undefined));
  });
  expect(topics.toSorted()).toEqual(['a/0', 'a/1', 'a/2']); // QoS 2 takes one round trip more
  await client.endAsync();
  await again.stop();
});

test('a damaged record is found, named and left out, and the rest is saved', async () => {
  const { folder, broker } = await filledFolder();
  await using _folder = folder;
  const { path } = folder;
  await broker.stop();
  const root = open({
    path: join(path, 'data'),
    noSubdir: false,
    maxDbs: 9,
    encoding: 'binary',
    keyEncoding: 'binary',
  });
  const queue = root.openDB<Buffer, Buffer>({ name: 'queue', encoding: 'binary', keyEncoding: 'binary' });
  const [second] = [...queue.getRange({})].slice(1);
  if (second === undefined) throw new Error('no message is queued');
  queue.putSync(second.key, second.value.subarray(0, 40));
  await root.close();

  const checked = await store(path, 'check');
  expect(checked.code).toBe(1);
  expect(checked.stdout).toMatch(/^queue [0-9a-f]{24} of client "away": a message of the store ends too early$/m);
  expect(checked.stdout).toContain('store export --skip-damaged');
  const report = JSON.parse((await store(path, 'check', '--json')).stdout);
  expect(report).toMatchObject({ problems: 1, findings: [{ table: 'queue' }] });

  expect(await store(path, 'export')).toMatchObject({ code: 1, stderr: expect.stringContaining('ends too early') });
  const saved = await store(path, 'export', '--skip-damaged', '--output', 'saved.jsonl');
  expect(saved).toMatchObject({ code: 1, stderr: expect.stringContaining('left out of queue: ') });
  expect((await store(path, 'import', 'saved.jsonl', '--directory', 'new')).stdout).toContain('2 message');
  expect(await store(path, 'check', '--directory', 'new')).toMatchObject({ code: 0 });
});

test('a bad line is named with its number, and nothing is imported', async () => {
  await using folder = await temporaryDirectory();
  const { path } = folder;
  await writeFile(join(path, 'viaduct.yaml'), config);
  const input = [
    '{"type":"export","format":"viaduct-store","version":1}',
    '{"type":"client","clientId":"a"}',
    '{"type":"subscription","clientId":"a","filter":"a/#/b","qos":1}',
    '{"type":"message","clientId":"b","queuedAt":1,"topic":"t","payload":"AP8=","qos":1,"retain":false}',
    '{"type":"message","clientId":"a","queuedAt":1,"topic":"t","payload":"?","qos":1,"retain":false}',
    'nonsense',
  ].join('\n');
  const refused = await viaduct(['store', 'import', '--config', 'viaduct.yaml'], { cwd: path, input });
  expect([refused.code, refused.stdout.trim()]).toEqual([1, '']);
  expect(refused.stderr.split('\n').map((line) => line.slice(0, 24))).toEqual([
    expect.stringMatching(/^line 3: filter: /),
    expect.stringMatching(/^line 4: no line of/),
    expect.stringMatching(/^line 5: payload: it is/),
    expect.stringMatching(/^line 6: it is no JSON/),
    'nothing was imported',
    '',
  ]);
  const newer = await viaduct(['store', 'import', '--config', 'viaduct.yaml'], {
    cwd: path,
    input: '{"type":"export","format":"viaduct-store","version":2}\n',
  });
  expect(newer.stderr).toMatch(/^line 1: version: it is not version 1/);
  expect((await store(path, 'stats')).stderr).toContain('there is no store in');
  const other = await viaduct(['store', 'stats', '--set', 'store.type=memory'], { cwd: path });
  expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('store.type is memory') });
});
