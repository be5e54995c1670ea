import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fakeIo } from '../../test/support/fake-io.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { runCli } from './run.ts';

async function folder() {
  const directory = await temporaryDirectory();
  const file = join(directory.path, 'bans.json');
  const run = async (...args: readonly string[]) => {
    const io = fakeIo({ cwd: directory.path });
    await runCli(['ban', ...args], io);
    return { out: io.out(), err: io.err(), code: io.exitCode() };
  };
  return { run, file, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

test('a ban is added, listed, given another end, and removed; the others stay', async () => {
  await using at = await folder();
  expect(await at.run('add', 'bans.json', '--user', 'mallory', '--reason', 'guesses passwords')).toEqual({
    out: 'user "mallory" is banned for ever in bans.json\n',
    err: '',
    code: 0,
  });
  await at.run('add', 'bans.json', '--address', '192.0.2.0/24', '--until', '2099-01-01T00:00:00Z');
  expect((await stat(at.file)).mode & 0o777).toBe(0o600);
  expect((await at.run('list', 'bans.json')).out).toBe(
    'user "mallory"\tfor ever\tguesses passwords\naddress 192.0.2.0/24\tuntil 2099-01-01T00:00:00Z\n',
  );
  await at.run('add', 'bans.json', '--user', 'mallory', '--for', '1h');
  const listed: unknown = JSON.parse((await at.run('list', 'bans.json', '--json')).out);
  expect(listed).toEqual([
    { address: '192.0.2.0/24', until: '2099-01-01T00:00:00Z' },
    { user: 'mallory', until: expect.stringMatching(/^\d{4}-.*Z$/) },
  ]);
  expect(await at.run('remove', 'bans.json', '--user', 'mallory')).toMatchObject({ code: 0 });
  expect(JSON.parse(await readFile(at.file, 'utf8'))).toHaveLength(1);
  expect(await at.run('remove', 'bans.json', '--user', 'mallory')).toMatchObject({
    err: expect.stringContaining('user "mallory" is not banned in bans.json'),
    code: 1,
  });
});

test('bans that have ended go with the next that is added', async () => {
  await using at = await folder();
  await writeFile(at.file, '[{ "clientId": "old", "until": "2020-01-01T00:00:00Z" }]');
  expect((await at.run('list', 'bans.json')).out).toContain('ended 2020-01-01T00:00:00Z');
  await at.run('add', 'bans.json', '--client-id', 'new');
  expect((await at.run('list', 'bans.json')).out).toBe('client id "new"\tfor ever\n');
});

test.each([
  [['add', 'bans.json'], 'name one of'],
  [['add', 'bans.json', '--user', 'a', '--client-id', 'b'], 'name one of'],
  [['add', 'bans.json', '--address', 'nowhere'], 'nowhere'],
  [['add', 'bans.json', '--user', 'a', '--for', 'soon'], 'is no duration'],
  [['add', 'bans.json', '--user', 'a', '--for', '1h', '--until', '2099-01-01T00:00:00Z'], '--for or --until'],
])('%j is refused with what is wrong', async (args, message) => {
  await using at = await folder();
  expect(await at.run(...args)).toMatchObject({
    err: expect.stringContaining(message),
    code: expect.any(Number),
    out: '',
  });
  await expect(stat(at.file)).rejects.toThrow('ENOENT');
});

test('a file that is no list of bans is left as it is', async () => {
  await using at = await folder();
  await writeFile(at.file, '{ "user": "a" }');
  expect((await at.run('add', 'bans.json', '--user', 'b')).err).toContain('is no list of bans');
  expect(await readFile(at.file, 'utf8')).toBe('{ "user": "a" }');
});
