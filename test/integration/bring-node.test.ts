import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type NpmRegistry, startNpmRegistry } from '../support/npm-registry.ts';
import { repository } from '../support/program.ts';
import { runProgram, runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const name = 'node-any-os';
const version = '99.1.0';
const startRegistry = (script = `echo v${version}`) => startNpmRegistry(name, version, script);

/** Brings a Node in a process of its own, as the commands do. @returns its folder, or what was said to the user */
async function bring(cache: string, { env, integrity }: Pick<NpmRegistry, 'env' | 'integrity'>) {
  const program = [
    `import { bringNode } from ${JSON.stringify(join(repository, 'scripts', 'node.mjs'))};`,
    `const wanted = ${JSON.stringify({ name, version, integrity })};`,
    `try { process.stdout.write(bringNode(wanted, ${JSON.stringify(cache)})); }`,
    'catch (error) { process.stderr.write(error.message); }',
  ].join('\n');
  const { stdout, stderr } = await runToEnd(process.execPath, ['--input-type=module', '-e', program], { env });
  return { folder: stdout.trim(), said: stderr.trim() };
}

test('a Node is brought from the registry that npm uses, once, and whole or not at all', async () => {
  await using registry = await startRegistry();
  await using cache = await temporaryDirectory();
  const [first, second] = await Promise.all([bring(cache.path, registry), bring(cache.path, registry)]);
  expect(first.folder, first.said).toBe(join(cache.path, `${name}-${version}`, 'bin'));
  expect(second.folder, second.said).toBe(first.folder);
  expect(await runToEnd(join(first.folder, 'node'), [])).toMatchObject({ code: 0, stdout: `v${version}\n` });
  const downloads = registry.downloads();
  expect(await bring(cache.path, registry)).toEqual({ folder: first.folder, said: '' });
  expect(registry.downloads()).toBe(downloads);
  expect(await readdir(cache.path)).toEqual([`${name}-${version}`]);
});

test('a folder without the program is made anew', async () => {
  await using registry = await startRegistry();
  await using cache = await temporaryDirectory();
  await mkdir(join(cache.path, `${name}-${version}`, 'share'), { recursive: true });
  const { folder, said } = await bring(cache.path, registry);
  expect(await runToEnd(join(folder, 'node'), []), said).toMatchObject({ code: 0 });
});

test('what has another digest than the pinned one is not taken', async () => {
  await using registry = await startRegistry();
  await using cache = await temporaryDirectory();
  const integrity = `sha512-${Buffer.alloc(64).toString('base64')}`;
  const { folder, said } = await bring(cache.path, { env: registry.env, integrity });
  expect(folder).toBe('');
  expect(said).toMatch(/EINTEGRITY/);
  expect(said).toMatch(/Node 99\.1\.0 cannot be had: npm could not get it, see above\./);
  expect(await readdir(cache.path)).toEqual([]);
});

test('a registry that cannot be reached says what to do', async () => {
  await using registry = await startRegistry();
  await using cache = await temporaryDirectory();
  const env = { ...registry.env, npm_config_registry: 'http://127.0.0.1:9/' };
  const { folder, said } = await bring(cache.path, { env, integrity: registry.integrity });
  expect(folder).toBe('');
  expect(said).toMatch(
    /cannot be had: npm could not get it, see above\. Install it, or a later one; VIADUCT_NODE=system/,
  );
  expect(await readdir(cache.path)).toEqual([]);
});

test('a program that does not run here is not kept', async () => {
  await using registry = await startRegistry('exit 127');
  await using cache = await temporaryDirectory();
  const { folder, said } = await bring(cache.path, registry);
  expect(folder).toBe('');
  expect(said).toMatch(/cannot be had: it does not run on this system/);
  expect(await readdir(cache.path)).toEqual([]);
});

const onNode = join('scripts', 'on-node.sh');
const ofSystem = { cwd: repository, env: { VIADUCT_NODE: 'system' } };

test('a command is the process that was started, so that signals reach it', async () => {
  await using program = runProgram('sh', [onNode, '-p', 'process.pid'], ofSystem);
  expect(await program.exited).toBe(0);
  expect(Number(program.stdout.text())).toBe(program.process.pid);
});

test('a command ends with one line where VIADUCT_NODE is nothing that there is', async () => {
  const { code, stdout, stderr } = await runToEnd('sh', [onNode, '-p', '1'], {
    cwd: repository,
    env: { VIADUCT_NODE: '21' },
  });
  expect({ code, stdout: stdout.trim() }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toBe('viaduct: VIADUCT_NODE is "21"; there are system, 20, 22, 24, 26; left out it is 26\n');
});
