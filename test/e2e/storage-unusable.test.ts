import { createHash } from 'node:crypto';
import { cp, open, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Environment } from '../../src/storage/disk/files/environment.ts';
import { schemaVersion, versionRow } from '../../src/storage/disk/files/schema-version.ts';
import { viaduct } from '../support/program.ts';
import { lasting, type ServingBroker, serve } from '../support/serving.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

let broker: ServingBroker;
beforeAll(async () => {
  broker = await serve();
  await using away = await broker.connect('away', lasting);
  await away.mqtt.subscribeAsync('kept', { qos: 1 });
  await away.mqtt.endAsync();
  await using publisher = await broker.connect('publisher');
  const payload = 'x'.repeat(2_000);
  await Promise.all(Array.from({ length: 200 }, () => publisher.mqtt.publishAsync('kept', payload, { qos: 1 })));
  expect(await broker.stop()).toBe(0);
});
afterAll(() => broker[Symbol.asyncDispose]());

/** The stopped broker's folder, to be damaged by a test of its own. */
async function copied() {
  const directory = await temporaryDirectory();
  await cp(broker.directory, directory.path, { recursive: true });
  return { ...directory, dataFile: join(directory.path, 'data', 'data.mdb') };
}

/** Every file of a folder with a digest of what it holds. */
async function contentsOf(folder: string): Promise<readonly string[]> {
  const files = (await readdir(folder)).filter((name) => name !== 'lock.mdb').toSorted(); // LMDB's table of readers
  const digest = async (name: string) =>
    `${name} ${createHash('sha256')
      .update(await readFile(join(folder, name)))
      .digest('hex')}`;
  return Promise.all(files.map(digest));
}

/** Starts the broker in a folder where it cannot. @returns what it says */
async function expectRefused(directory: string): Promise<string> {
  const before = await contentsOf(join(directory, 'data'));
  const { code, stdout, stderr } = await viaduct(['serve', '--config', 'viaduct.yaml'], { cwd: directory });
  expect(code, stderr).toBe(1);
  expect(stdout).not.toContain('ready');
  expect(stderr).not.toMatch(/^\s+at .*:\d+/m);
  expect(await contentsOf(join(directory, 'data')), 'nothing is overwritten').toEqual(before);
  return stderr;
}

describe('a broker with a data file that cannot be read says so, ends with 1 and overwrites nothing', () => {
  test.each([
    { name: 'its second half is missing', keep: (bytes: number) => Math.floor(bytes / 2) },
    { name: 'its last page is missing', keep: (bytes: number) => bytes - 4_096 },
    { name: 'it is empty', keep: () => 0 },
  ])('$name', async ({ keep }) => {
    await using folder = await copied();
    await truncate(folder.dataFile, keep((await stat(folder.dataFile)).size));
    expect(await expectRefused(folder.path)).toMatch(/data\.mdb.*(cut off|lost).*(restore|move)/s);
  });

  test('it is something else', async () => {
    await using folder = await copied();
    await writeFile(folder.dataFile, 'these are notes and no store\n'.repeat(1_000));
    expect(await expectRefused(folder.path)).toMatch(/data\.mdb.*no data file of a store.*(restore|move)/s);
  });

  test('its first pages are overwritten', async () => {
    await using folder = await copied();
    const file = await open(folder.dataFile, 'r+');
    await file.write(Buffer.alloc(2 * 4_096, 0x5a), 0, 2 * 4_096, 0);
    await file.close();
    expect(await expectRefused(folder.path)).toMatch(/data\.mdb.*(restore|move)/s);
  });
});

test('a store that a newer version wrote is left alone', async () => {
  await using folder = await copied();
  const environment = new Environment(join(folder.path, 'data'));
  environment.transaction((put) => put('meta', ...versionRow(schemaVersion + 1)));
  await environment.close();
  const said = await expectRefused(folder.path);
  expect(said).toContain(
    `the store has version ${schemaVersion + 1}, and this program reads up to version ${schemaVersion}`,
  );
});

test('a second broker on the same folder ends with 1 and names the first, which goes on', async () => {
  await using first = await serve({ store: { directory: './shared' } });
  await using second = await temporaryDirectory();
  await writeFile(
    join(second.path, 'viaduct.yaml'),
    JSON.stringify({
      listeners: [{ name: 'plain', bind: '127.0.0.1:0', tls: 'off', accept: ['mqtt'] }],
      nats: { hub: { bind: '127.0.0.1:0' } },
      store: { directory: join(first.directory, 'shared') },
    }),
  );
  const { code, stdout, stderr } = await viaduct(['serve', '--config', 'viaduct.yaml'], { cwd: second.path });
  expect(code).toBe(1);
  expect(stdout).not.toContain('ready');
  expect(stderr).toContain(`process ${first.program.process.pid} uses the folder`);
  await using client = await first.connect('client', lasting);
  await client.mqtt.subscribeAsync('kept', { qos: 1 });
  await client.mqtt.publishAsync('kept', 'still here', { qos: 1 });
  await client.take(1);
  await first.kill();
  await first.start(); // the lock of one that was killed holds nobody up
});
