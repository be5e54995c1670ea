import { execFile } from 'node:child_process';
import { appendFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { argon2Hash } from '../../src/auth/passwords/argon2.ts';
import { byPassword } from '../../src/auth/passwords/by-password.ts';
import { changePasswordFile } from '../../src/auth/passwords/file.ts';
import { withUser } from '../../src/auth/passwords/lines.ts';
import { passwordUsers } from '../../src/auth/passwords/users.ts';
import { accessSchema } from '../../src/auth/schema.ts';
import { startInOrder, stopInReverse } from '../../src/kernel/lifecycle.ts';
import { authenticationRequest } from '../support/authentication-request.ts';
import { providerDeps } from '../support/provider-deps.ts';
import { recordedTelemetry } from '../support/recorded-telemetry.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const run = promisify(execFile);
const cheap = { memoryKiB: 1_024, passes: 1, lanes: 1 };
const settings = { argon2: { memory: '1MiB', passes: 1 } };
const hashOf = (password: string): Promise<string> => argon2Hash(Buffer.from(password), cheap);

/** A password file, and the provider that goes by it. */
async function passwords(text: string, options: object = {}) {
  const directory = await temporaryDirectory();
  const file = join(directory.path, 'passwd');
  await writeFile(file, text);
  const telemetry = recordedTelemetry();
  const access = accessSchema.parse({ passwords: { file, ...settings, ...options } });
  const deps = { ...providerDeps([]), events: telemetry.events };
  const provider = byPassword(access, { ...deps, users: passwordUsers(file, deps) });
  const parts = provider.parts ?? [];
  await startInOrder(parts, AbortSignal.timeout(10_000));
  const login = async (username: string | undefined, password: string | undefined) => {
    const answer = provider.authenticate(authenticationRequest({ username, password }));
    const isKnown = typeof answer !== 'function';
    const verdict = isKnown ? answer : await answer(AbortSignal.timeout(10_000));
    return { ...verdict, isKnown };
  };
  return {
    file,
    telemetry,
    login,
    text: () => readFile(file, 'utf8'),
    stop: () => stopInReverse(parts, AbortSignal.timeout(10_000)),
    async [Symbol.asyncDispose]() {
      await stopInReverse(parts, AbortSignal.timeout(10_000));
      await directory[Symbol.asyncDispose]();
    },
  };
}

const bob = { kind: 'accept', principal: 'bob', trust: 'password', isPasswordChecked: true };
const refused = { kind: 'reject', code: 'bad-credentials' };

test('the right password is let in, another is refused, and so is who is not there; without one nobody is judged', async () => {
  await using users = await passwords(`bob:${await hashOf('secret')}\n`);
  expect(await users.login('bob', 'secret')).toEqual({ ...bob, isKnown: false });
  expect(await users.login('bob', 'wrong')).toMatchObject({
    ...refused,
    reason: 'the password of user "bob" is another',
  });
  expect(await users.login('ann', 'secret')).toMatchObject({
    ...refused,
    reason: expect.stringContaining('no user "ann"'),
  });
  expect(await users.login('bob', '')).toMatchObject(refused);
  expect(await users.login('__proto__', 'x')).toMatchObject(refused);
  expect(await users.login(undefined, 'secret')).toEqual({ kind: 'abstain', isKnown: true });
  expect(await users.login('bob', undefined)).toMatchObject({ kind: 'abstain', isKnown: true });
});

test('what was judged lately is known at once, right and wrong, and counted', async () => {
  await using users = await passwords(`bob:${await hashOf('secret')}\n`);
  for (const isKnown of [false, true, true]) expect(await users.login('bob', 'secret')).toEqual({ ...bob, isKnown });
  for (const isKnown of [false, true]) expect(await users.login('bob', 'wrong')).toMatchObject({ ...refused, isKnown });
  for (const isKnown of [false, true]) expect(await users.login('ann', 'x')).toMatchObject({ ...refused, isKnown });
  expect(users.telemetry.count('auth_passwords_total', { verdict: 'right', by: 'memory' })).toBe(2);
  expect(users.telemetry.count('auth_passwords_total', { verdict: 'wrong', by: 'hash' })).toBe(2);
  expect(users.telemetry.lines('debug').join('\n')).not.toContain('secret');
});

test('with remember: 0s every password is checked', async () => {
  await using users = await passwords(`bob:${await hashOf('secret')}\n`, { remember: '0s' });
  for (const isKnown of [false, false]) expect(await users.login('bob', 'secret')).toEqual({ ...bob, isKnown });
});

test('a change of the file counts as soon as it is seen: also what was remembered is gone', async () => {
  await using users = await passwords(`bob:${await hashOf('secret')}\nann:${await hashOf('a')}\n`);
  await users.login('bob', 'secret');
  await users.login('ann', 'a');
  await changePasswordFile(users.file, (text) =>
    withUser(withUser(text, { user: 'bob', hash: fresh }), { user: 'third', hash: fresh }),
  );
  await users.telemetry.line(/counts from now on: 3 users/);
  expect(await users.login('bob', 'secret')).toMatchObject({ ...refused, isKnown: false });
  expect(await users.login('bob', 'new')).toEqual({ ...bob, isKnown: false });
  expect(await users.login('ann', 'a')).toMatchObject({ isKnown: true }); // her line is as it was
});
const fresh = await hashOf('new');

test('a file that cannot be taken leaves the users of before, and the line is named', async () => {
  await using users = await passwords(`bob:${await hashOf('secret')}\n`);
  const told = users.telemetry.line(/the users of before stay/);
  await appendFile(users.file, 'ann:in the open\n');
  expect(await told).toMatch(/passwd:2: has no hash behind the user name/);
  expect(await told).not.toContain('in the open');
  expect(await users.login('bob', 'secret')).toEqual({ ...bob, isKnown: false });
  const gone = users.telemetry.line(/cannot be read: there is no such file/);
  await rm(users.file);
  await gone;
  expect(await users.login('bob', 'secret')).toMatchObject(bob);
});

test('a bad file stops the start, and every line of it is named', async () => {
  await expect(passwords('bob\nann:x\n')).rejects.toThrow(/passwd:1: write user:hash.*; .*passwd:2: has no hash/);
});

test("files that mosquitto_passwd writes are read, and become argon2id at their users' next login", async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'mosquitto');
  await run('mosquitto_passwd', ['-b', '-c', file, 'bob', 'secret']);
  await run('mosquitto_passwd', ['-b', '-H', 'sha512', file, 'ann', 'a']);
  await using users = await passwords(`# comment\n${await readFile(file, 'utf8')}`);
  expect(await users.login('ann', 'wrong')).toMatchObject(refused);
  for (const [user, password] of [
    ['bob', 'secret'],
    ['ann', 'a'],
  ])
    expect(await users.login(user, password)).toMatchObject({ kind: 'accept', principal: user });
  await users.stop(); // what is to be written is written
  expect(await users.text()).toMatch(/^# comment\nbob:\$argon2id\$v=19\$m=1024,t=1,p=1\$\S+\nann:\$argon2id\$\S+\n$/);
  expect((await stat(users.file)).mode & 0o777).toBe(0o600);
  expect(users.telemetry.count('auth_password_rehashes_total')).toBeGreaterThan(0);
  await using again = await passwords(await users.text());
  expect(await again.login('ann', 'a')).toMatchObject({ kind: 'accept' });
});

test('a line that somebody has changed meanwhile is not written over', async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'mosquitto');
  await run('mosquitto_passwd', ['-b', '-c', file, 'bob', 'secret']);
  await using users = await passwords(await readFile(file, 'utf8'));
  const changed = `bob:${fresh}\nann:${fresh}\n`;
  await mkdir(`${users.file}.lock`); // another program changes the file
  expect(await users.login('bob', 'secret')).toMatchObject(bob);
  await writeFile(users.file, changed);
  await rm(`${users.file}.lock`, { recursive: true });
  await users.stop();
  expect(await users.text()).toBe(changed);
});

test('rehash: false writes nothing', async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'mosquitto');
  await run('mosquitto_passwd', ['-b', '-c', file, 'bob', 'secret']);
  const text = await readFile(file, 'utf8');
  await using kept = await passwords(text, { rehash: false });
  expect(await kept.login('bob', 'secret')).toMatchObject(bob);
  await kept.stop();
  expect(await kept.text()).toBe(text);
});

test('a file that cannot be written is told once, and its users log in all the same', async () => {
  const text = `bob:$6$${mosquitto6}\nann:$6$${mosquitto6}\n`;
  await using users = await passwords(text);
  await rm(dirname(users.file), { recursive: true });
  for (const user of ['bob', 'ann']) {
    expect(await users.login(user, 'secret6')).toMatchObject({ kind: 'accept' });
    await users.telemetry.line(/cannot be written, so passwords stay in the form that they have/);
  }
  await users.stop();
  expect(users.telemetry.lines('warn')).toHaveLength(1);
});
const mosquitto6 =
  'MiHCiDrRPifrXZ0F$qbv2ssQCfwuCE22GEnUn/cZezCyhYA0ylB+cJGpeW66f+43JjsnvAm8J01Y1NgdwLoYpOKUbUf4/N6adcJWYxw==';

test('twenty programs that change the file at once lose no change', async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'passwd');
  const names = Array.from({ length: 20 }, (_, index) => `user-${index}`);
  await Promise.all(names.map((user) => changePasswordFile(file, (text) => withUser(text, { user, hash: fresh }))));
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  expect(new Set(lines.map((line) => line.split(':')[0]))).toEqual(new Set(names));
  expect(lines).toHaveLength(names.length);
});
