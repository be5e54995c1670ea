import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { testListeners } from '../support/broker.ts';
import { type InstalledProgram, installTarball, linkProgram } from '../support/installed.ts';
import { portOf, repository } from '../support/program.ts';
import { runProgram, runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Starts the broker by its command in an empty folder that is no clone, and talks to it. @returns what a subscriber got */
async function useOutsideTheClone(folder: string, { env }: InstalledProgram): Promise<string> {
  const options = { cwd: folder, env };
  const listeners = testListeners.filter(({ name }) => name === 'mqtts' || name === 'wss');
  await writeFile(join(folder, 'viaduct.yaml'), stringify({ listeners, nats: { hub: { bind: '127.0.0.1:0' } } }));
  await using broker = runProgram('viaduct', ['serve', '--config', 'viaduct.yaml'], options);
  const url = `mqtts://localhost:${portOf(await broker.stdout.waitFor(/ ready:/), 'mqtts')}`;
  await using sub = runProgram('viaduct', ['sub', '-t', 'a/b', '-C', '1', '--url', url], options);
  await sub.stderr.waitFor(/subscribed/);
  expect(await runToEnd('viaduct', ['pub', '-t', 'a/b', '-m', 'hello', '--url', url], options)).toMatchObject({
    code: 0,
  });
  expect(await sub.exited).toBe(0);
  expect(await runToEnd('viaduct', ['pki', 'status'], options)).toMatchObject({ code: 0 });
  broker.process.kill('SIGTERM');
  expect(await broker.exited).toBe(0);
  return sub.stdout.text();
}

test('after npm link in the clone, viaduct works in any folder', async () => {
  await using directory = await temporaryDirectory();
  await using elsewhere = await temporaryDirectory();
  expect(await useOutsideTheClone(elsewhere.path, await linkProgram(directory.path))).toContain('hello');
});

test('the tarball of npm pack, installed, is the program with its page, documents and no test', async () => {
  await using directory = await temporaryDirectory();
  await using elsewhere = await temporaryDirectory();
  const packed = await runToEnd('npm', ['pack', '--json', '--pack-destination', directory.path], { cwd: repository });
  expect(packed, packed.stderr).toMatchObject({ code: 0 });
  const [{ filename = '', files = [] } = {}]: { filename?: string; files?: { path: string }[] }[] = JSON.parse(
    packed.stdout,
  );
  const paths = files.map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining(['README.md', 'LICENSE', 'dist/bin.js', 'dist/web/index.html', 'docs/pki.md']),
  );
  expect(paths.filter((path) => /\.test\.|^(src|test|certs|data)\//.test(path))).toEqual([]);
  const installed = await installTarball(join(directory.path, filename), directory.path);
  expect(await useOutsideTheClone(elsewhere.path, installed)).toContain('hello');
});
