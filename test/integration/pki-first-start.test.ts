import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileNames } from '../../src/pki/files.ts';
import { ensureCertificates } from '../../src/pki/folder/ensure.ts';
import { publishFiles, whileMaking } from '../../src/pki/folder/publish.ts';
import { runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const ensure = (directory: string, names: readonly string[] = []) =>
  ensureCertificates({ directory, names, hostname: 'box', now: Date.now });

const contents = (directory: string): Promise<string[]> =>
  Promise.all(fileNames.map((name) => readFile(join(directory, name), 'base64')));

describe('the first start', () => {
  test('makes every file, keys for the owner only, and leaves nothing else behind', async () => {
    await using temporary = await temporaryDirectory();
    const directory = join(temporary.path, 'state', 'certs');
    const set = await ensure(directory);
    expect(set.created).toEqual(fileNames);
    expect(set.warnings).toEqual([]);
    expect((await readdir(directory)).sort()).toEqual([...fileNames, 'ledger.jsonl'].sort());
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    const modes = await Promise.all(fileNames.map(async (name) => (await stat(join(directory, name))).mode & 0o777));
    expect(modes).toEqual(fileNames.map((name) => (name.endsWith('.pem') ? 0o644 : 0o600)));
  });

  test('of several processes at once makes one set, which all of them use', async () => {
    await using temporary = await temporaryDirectory();
    const sets = await Promise.all([1, 2, 3, 4].map(() => ensure(temporary.path)));
    expect(new Set(sets.map(({ cert, key, clientCa }) => cert + key + clientCa)).size).toBe(1);
    expect(sets.filter(({ created }) => created.length > 0)).toHaveLength(1);
    expect((await ensure(temporary.path)).created).toEqual([]);
  });

  test('that was cut off after any file is completed by the next, without touching what is there', async () => {
    await using temporary = await temporaryDirectory();
    const whole = join(temporary.path, 'whole');
    await ensure(whole);
    for (let count = 1; count < fileNames.length; count += 1) {
      const directory = join(temporary.path, `after-${count}`);
      await mkdir(directory);
      const written = fileNames.slice(0, count);
      for (const name of written)
        await writeFile(join(directory, name), await readFile(join(whole, name)), { mode: 0o600 });
      const set = await ensure(directory);
      expect(set.created).toEqual(fileNames.slice(count));
      expect(set.warnings).toEqual([]);
      for (const name of written)
        expect(await readFile(join(directory, name), 'base64')).toBe(await readFile(join(whole, name), 'base64'));
    }
  });

  test('clears away what a process left that died while it wrote', async () => {
    await using temporary = await temporaryDirectory();
    const work = join(temporary.path, '.making');
    await mkdir(work);
    await writeFile(join(work, 'root-ca.key'), 'half a k', { mode: 0o600 });
    const seen = await whileMaking(temporary.path, (folder) => readdir(folder), { retryMs: 1, staleMs: 5 });
    expect(seen).toEqual([]);
    expect(await readdir(temporary.path)).toEqual([]);
  });

  test('in a folder that cannot be written names the folder and the cure', async () => {
    await using temporary = await temporaryDirectory();
    await writeFile(join(temporary.path, '.making'), 'in the way: a file is no folder, and goes when it is stale');
    const blocked = whileMaking(join(temporary.path, '.making', 'certs'), () => Promise.resolve());
    await expect(blocked).rejects.toMatchObject({ name: 'StartError', code: 'certificate-unwritable' });
    await expect(blocked).rejects.toThrow(/certificates cannot be written to .*: ENOTDIR.*; make the folder writable/);
  });
});

describe('every other start', () => {
  test('reads the same files, byte for byte', async () => {
    await using temporary = await temporaryDirectory();
    const first = await ensure(temporary.path);
    const before = await contents(temporary.path);
    const second = await ensure(temporary.path);
    expect(second).toEqual({ ...first, created: [] });
    expect(await contents(temporary.path)).toEqual(before);
  });

  test('does without the libraries that make certificates: they are loaded on demand', async () => {
    const here = import.meta.url;
    const seen = new Set([new URL('../../src/pki/folder/ensure.ts', here).href]);
    const packages = new Set<string>();
    for (const file of seen) {
      const text = await readFile(new URL(file), 'utf8');
      for (const [, source = ''] of text.matchAll(/^(?:import|\}).* from '([^']+)';$/gm))
        if (source.startsWith('.')) seen.add(new URL(source, file).href);
        else packages.add(source);
    }
    expect([...packages].filter((name) => !name.startsWith('node:'))).toEqual([]);
    expect(seen).toContain(new URL('../../src/pki/check/check-server.ts', here).href);
  });

  test('makes a deleted certificate again for the same key, and more names with it', async () => {
    await using temporary = await temporaryDirectory();
    const first = await ensure(temporary.path);
    expect((await ensure(temporary.path, ['broker.example.com'])).warnings).toEqual([
      expect.stringMatching(/is not for broker\.example\.com/),
    ]);
    await rm(first.files.server);
    const second = await ensure(temporary.path, ['broker.example.com']);
    expect(second.created).toEqual(['server.pem']);
    expect(second.key).toBe(first.key);
    expect(second.cert).not.toBe(first.cert);
    expect(second.warnings).toEqual([]);
  });

  test('makes the demo client again once its files are deleted', async () => {
    await using temporary = await temporaryDirectory();
    const { files } = await ensure(temporary.path);
    await Promise.all([files.clientDemo, files.clientDemoKey, files.clientDemoP12].map((path) => rm(path)));
    expect((await ensure(temporary.path)).created).toEqual(['client-demo.key', 'client-demo.pem', 'client-demo.p12']);
  });

  test('warns of a key that others may read', async () => {
    await using temporary = await temporaryDirectory();
    const { files } = await ensure(temporary.path);
    await chmod(files.serverKey, 0o644);
    expect((await ensure(temporary.path)).warnings).toEqual([
      `${files.serverKey} can be read by other users of this machine; run: chmod 600 ${files.serverKey}`,
    ]);
  });

  test.each(['server.pem', 'server.key', 'root-ca.pem', 'ca-chain.pem'] as const)(
    'names a damaged %s and leaves it as it is',
    async (name) => {
      await using temporary = await temporaryDirectory();
      await ensure(temporary.path);
      const path = join(temporary.path, name);
      const damaged = (await readFile(path, 'utf8')).slice(0, 90);
      await writeFile(path, damaged);
      await expect(ensure(temporary.path)).rejects.toThrow(`${path} is damaged or cut off`);
      expect(await readFile(path, 'utf8')).toBe(damaged);
    },
  );
});

describe('what cannot be read', () => {
  test('is named: a folder or a pipe in place of a file, a file that is far too large, a folder that is a file', async () => {
    await using temporary = await temporaryDirectory();
    const { files } = await ensure(temporary.path);
    await rm(files.serverKey);
    await mkdir(files.serverKey);
    const isFolder = ensure(temporary.path);
    await expect(isFolder).rejects.toMatchObject({ code: 'key-unreadable' });
    await expect(isFolder).rejects.toThrow(
      `${files.serverKey} cannot be read: it is a folder; put a readable PEM file there`,
    );
    await rm(files.serverKey, { recursive: true });
    await runToEnd('mkfifo', [files.serverKey]);
    await expect(ensure(temporary.path)).rejects.toThrow(/server\.key cannot be read: it is no regular file/);
    await writeFile(files.server, Buffer.alloc(1_048_577));
    await expect(ensure(temporary.path)).rejects.toThrow(/server\.pem cannot be read: it has 1048577 bytes/);
    await expect(ensure(files.rootCa)).rejects.toThrow(/its folder is a file; set certificates\.directory to a folder/);
  });
});

test('a file that exists is never replaced', async () => {
  await using temporary = await temporaryDirectory();
  const path = join(temporary.path, 'server.key');
  await writeFile(path, 'mine');
  const publish = whileMaking(temporary.path, (work) =>
    publishFiles(temporary.path, work, [['server.key', Buffer.from('other')]]),
  );
  await expect(publish).rejects.toThrow(/another program writes there too; start again/);
  expect(await readFile(path, 'utf8')).toBe('mine');
  expect(await readdir(temporary.path)).toEqual(['server.key']);
});
