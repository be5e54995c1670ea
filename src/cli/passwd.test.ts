import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fakeIo } from '../../test/support/fake-io.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { runCli } from './run.ts';

async function folder() {
  const directory = await temporaryDirectory();
  const run = async (args: readonly string[], input?: string) => {
    const io = fakeIo({ cwd: directory.path, ...(input === undefined ? {} : { input }) });
    await runCli(['passwd', ...args], io);
    return { out: io.out(), err: io.err(), code: io.exitCode() };
  };
  const file = join(directory.path, 'passwd');
  return { run, file, path: directory.path, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

test('a user is added, known by its password, given another, and removed; the others stay', async () => {
  await using at = await folder();
  expect(await at.run(['add', 'passwd', 'bob'], 'secret\n')).toEqual({
    out: 'bob is added to passwd\n',
    err: '',
    code: 0,
  });
  await at.run(['add', 'passwd', 'ann'], 'a');
  expect((await stat(at.file)).mode & 0o777).toBe(0o600);
  expect(await readFile(at.file, 'utf8')).not.toContain('secret');
  expect(await at.run(['verify', 'passwd', 'bob'], 'secret\r\nmore')).toMatchObject({
    out: 'it is the password of bob\n',
    code: 0,
  });
  expect((await at.run(['add', 'passwd', 'bob'], 'other')).out).toBe('bob has another password in passwd\n');
  expect(await at.run(['verify', 'passwd', 'bob'], 'secret')).toMatchObject({
    out: 'it is not the password of bob\n',
    code: 1,
  });
  expect(await at.run(['remove', 'passwd', 'bob'])).toMatchObject({ out: 'bob is removed from passwd\n', code: 0 });
  expect(await at.run(['verify', 'passwd', 'bob'], 'other')).toMatchObject({
    out: 'passwd has no user bob\n',
    code: 1,
  });
  expect(await at.run(['list', 'passwd'])).toMatchObject({ out: 'ann\targon2id\n', code: 0 });
});

test('--scram keeps what SCRAM goes by, and whatever is changed later, a user has one password', async () => {
  await using at = await folder();
  expect((await at.run(['add', '--scram', 'passwd', 'bob'], 'pencil')).out).toBe('bob is added to passwd\n');
  expect(await readFile(at.file, 'utf8')).toMatch(/^#decoy:\S{44}\nbob:SCRAM-SHA-256\$4096:\S{24}\$\S{44}:\S{44}\n$/);
  expect((await at.run(['verify', 'passwd', 'bob'], 'pencil')).code).toBe(0);
  await at.run(['add', 'passwd', 'bob'], 'second');
  expect((await at.run(['list', 'passwd'])).out).toBe('bob\targon2id\nbob\tSCRAM-SHA-256\n');
  const verifierOf = async (): Promise<string | undefined> =>
    (await readFile(at.file, 'utf8')).split('\n').find((line) => line.startsWith('bob:SCRAM'));
  await at.run(['add', 'passwd', 'ann'], 'a');
  const second = await verifierOf();
  await at.run(['add', '--scram', 'passwd', 'bob'], 'third');
  expect(await verifierOf()).not.toBe(second);
  expect((await at.run(['verify', 'passwd', 'bob'], 'third')).code).toBe(0);
  expect((await at.run(['verify', 'passwd', 'bob'], 'second')).code).toBe(1);
  await at.run(['remove', 'passwd', 'bob']);
  expect((await at.run(['list', 'passwd'])).out).toBe('ann\targon2id\n');
});

test('--iterations makes the line for SCRAM dearer to guess, and a new password keeps them', async () => {
  await using at = await folder();
  const verifierOf = async (): Promise<string | undefined> =>
    /SCRAM-SHA-256\$\d+/.exec(await readFile(at.file, 'utf8'))?.[0];
  await at.run(['add', '--scram', '--iterations', '20000', 'passwd', 'bob'], 'pencil');
  expect(await verifierOf()).toBe('SCRAM-SHA-256$20000');
  await at.run(['add', 'passwd', 'bob'], 'second');
  expect(await verifierOf()).toBe('SCRAM-SHA-256$20000');
  expect((await at.run(['verify', 'passwd', 'bob'], 'second')).code).toBe(0);
  await at.run(['add', '--scram', '--iterations', '4096', 'passwd', 'bob'], 'third');
  expect(await verifierOf()).toBe('SCRAM-SHA-256$4096');
  for (const text of ['4095', '10000001', 'many'])
    expect((await at.run(['add', '--scram', '--iterations', text, 'passwd', 'bob'], 'x')).err).toContain(
      'Give a number from 4096 to 10000000.',
    );
});

test.each([
  ['a\u00A0b', 'x', /clients of SCRAM send another user name than this \(RFC 4013\); write a b/],
  ['bob', 'a\u200E', /the password holds characters that SCRAM cannot carry/],
])('%j with the password %j is no user of SCRAM, and the file stays as it is', async (user, password, message) => {
  await using at = await folder();
  expect(await at.run(['add', '--scram', 'passwd', user], password)).toMatchObject({ code: 2 });
  expect((await at.run(['add', '--scram', 'passwd', user], password)).err).toMatch(message);
  expect((await at.run(['add', 'passwd', user], password)).code).toBe(0);
});

test('the password comes from a file too', async () => {
  await using at = await folder();
  await writeFile(join(at.path, 'secret'), 'secret\n');
  await at.run(['add', 'passwd', 'bob', '--password-file', 'secret']);
  expect((await at.run(['verify', 'passwd', 'bob'], 'secret')).code).toBe(0);
});

test('list names the form of each hash as data, and never a hash', async () => {
  await using at = await folder();
  const hash = 'qbv2ssQCfwuCE22GEnUn/cZezCyhYA0ylB+cJGpeW66f+43JjsnvAm8J01Y1NgdwLoYpOKUbUf4/N6adcJWYxw==';
  await writeFile(at.file, `# users\nold:$6$MiHCiDrRPifrXZ0F$${hash}\n`);
  const { out } = await at.run(['list', 'passwd', '--json']);
  expect(JSON.parse(out)).toEqual([{ user: 'old', form: '$6$ of mosquitto' }]);
});

test.each<[readonly string[], string | undefined, RegExp, number]>([
  [['add', 'passwd', 'a:b'], 'x', /a user name holds neither ":"/, 2],
  [['add', 'passwd', 'anonymous'], 'x', /choose another/, 2],
  [['add', 'passwd', 'bob'], '', /the password is empty/, 2],
  [['add', 'passwd', 'bob'], '\n', /the password is empty/, 2],
  [['add', 'passwd', 'bob', 'secret'], undefined, /too many arguments/, 2],
  [
    ['add', 'passwd', 'bob', '--password-file', 'none'],
    undefined,
    /cannot be read from .*none: there is no such file/,
    2,
  ],
  [['add', 'none/passwd', 'bob'], 'x', /none\/passwd cannot be written: there is no such file/, 1],
  [['remove', 'passwd', 'bob'], undefined, /passwd has no user bob; viaduct passwd list passwd/, 1],
  [['list', 'passwd'], undefined, /passwd cannot be read: there is no such file/, 1],
])('%j with %j: %s', async (args, input, message, code) => {
  await using at = await folder();
  const result = await at.run(args, input);
  expect(result.err).toMatch(message);
  expect(result.code).toBe(code);
});

test('a file of another kind is not written into', async () => {
  await using at = await folder();
  const text = 'listeners: []\n';
  await writeFile(at.file, text);
  expect((await at.run(['add', 'passwd', 'bob'], 'x')).err).toMatch(/^passwd:1: has no hash behind the user name/);
  expect(await readFile(at.file, 'utf8')).toBe(text);
});
