import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { SecurityRow } from '../../src/cli/doctor/security-row.ts';
import { runCli } from '../../src/cli/run.ts';
import { cli, pkiCommands } from '../support/cli.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { fakeIo } from '../support/fake-io.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** A folder with a configuration in it that names files of its own. */
async function judged(settings: Readonly<Record<string, unknown>>, prepare?: (path: string) => Promise<void>) {
  await using folder = await temporaryDirectory();
  const path = (name: string): string => join(folder.path, name);
  await writeFile(
    path('broker.yaml'),
    stringify({ certificates: { directory: path('certs') }, store: { type: 'memory' }, ...settings }),
    { mode: 0o600 },
  );
  await prepare?.(folder.path);
  const { stdout, stderr, code } = await cli(['doctor', 'security', '--config', path('broker.yaml'), '--json'], {
    cwd: folder.path,
  });
  expect(stderr).toBe('');
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: readonly SecurityRow[] };
  expect(code).toBe(ok ? 0 : 1);
  const rows = checks.map(
    ({ check, verdict, outcome }) => `${verdict} ${check.replace(`${folder.path}/`, '')} ${outcome}`,
  );
  return { rows, checks, code };
}

const users = (directory: string, hashes: readonly string[], mode = 0o600) =>
  writeFile(join(directory, 'users'), hashes.map((hash, index) => `u${index}:${hash}\n`).join(''), { mode });

const sha512 = `$6$${Buffer.from('salt').toString('base64')}$${Buffer.alloc(64).toString('base64')}`;
const pbkdf2 = `$7$101${sha512.slice(2)}`;
const argon2 = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA';
const bcrypt = `$2b$04$${'a'.repeat(53)}`;

const key = Buffer.alloc(32).toString('base64');
const scram = `SCRAM-SHA-256$4096:${Buffer.alloc(16).toString('base64')}$${key}:${key}`;

const withUsers = async (hashes: readonly string[], mode?: number) => {
  await using place = await temporaryDirectory();
  await chmod(place.path, 0o755);
  await users(place.path, hashes);
  if (mode !== undefined) await chmod(join(place.path, 'users'), mode);
  const file = join(place.path, 'users');
  const found = await judged({ access: { passwords: { file } } });
  return { ...found, rows: found.rows.filter((row) => row.includes(file)).map((row) => row.replace(file, 'users')) };
};

test('weak hashes of the password file are counted by their form, and good ones are not', async () => {
  const { rows, checks } = await withUsers([sha512, sha512, pbkdf2, bcrypt, argon2]);
  expect(rows).toEqual(['warning users 2 users', 'warning users 1 user', 'warning users 1 user', 'ok users mode 0600']);
  expect(
    checks.flatMap(({ reason }) => /^(\S+ of mosquitto|bcrypt): (\S+)/.exec(reason)?.slice(1).join(': ') ?? []),
  ).toEqual(['$6$ of mosquitto: a', '$7$ of mosquitto: PBKDF2', 'bcrypt: bcrypt']);
  expect((await withUsers([argon2])).rows).toEqual(['ok users mode 0600', 'ok users 1 user']);
});

test('what SCRAM goes by is judged by its iterations, and may stand beside a good hash', async () => {
  const { rows, checks } = await withUsers([argon2, scram]);
  expect(rows).toEqual(['warning users 1 user', 'ok users mode 0600']);
  expect(checks.find(({ reason }) => reason.startsWith('SCRAM-SHA-256: '))).toMatchObject({
    advice: expect.stringContaining('viaduct passwd add --scram --iterations'),
  });
  expect((await withUsers([scram.replace('4096', '600000')])).rows).toEqual(['ok users mode 0600', 'ok users 1 user']);
});

test.each([
  [0o644, 'no users mode 0644'],
  [0o606, 'no users mode 0606'],
  [0o640, 'note users mode 0640'],
  [0o660, 'warning users mode 0660'],
  [0o600, 'ok users mode 0600'],
] as const)('who may read and write a file with secrets is judged by its mode: %o', async (mode, expected) => {
  const { rows, code } = await withUsers([argon2], mode);
  expect(rows).toContain(expected);
  expect(code).toBe(expected.startsWith('no ') ? 1 : 0);
});

test('a file that is open in a folder that is closed is closed', async () => {
  const { rows } = await judged({ audit: { file: '/nowhere' } }, (path) => chmod(join(path, 'broker.yaml'), 0o666));
  expect(rows).toContain('ok broker.yaml mode 0666');
});

test('a folder in which everybody may write lets everybody put another file in its place', async () => {
  await using place = await temporaryDirectory();
  const file = join(place.path, 'open', 'bans.json');
  await mkdir(join(place.path, 'open'));
  await chmod(place.path, 0o755);
  await chmod(join(place.path, 'open'), 0o777);
  await writeFile(file, '[]', { mode: 0o600 });
  const { rows } = await judged({ access: { bans: { file } } });
  expect(rows).toContain(`no ${file} mode 0600`);
  await chmod(join(place.path, 'open'), 0o1777);
  expect((await judged({ access: { bans: { file } } })).rows).toContain(`ok ${file} mode 0600`);
});

test('the certificate that listeners show is judged by the time, and the key of the root beside it is named', async () => {
  await using folder = await temporaryDirectory();
  const certs = join(folder.path, 'certs');
  await pkiCommands(folder.path).pki('init', '--set', `certificates.directory=${certs}`);
  const verdictsIn = async (days: number) => {
    const io = fakeIo({ cwd: folder.path });
    const clock = fakeClock(Date.now() + days * 86_400_000);
    await runCli(['doctor', 'security', '--json', '--set', `certificates.directory=${certs}`], { ...io, clock });
    const { checks } = JSON.parse(io.out()) as { checks: readonly SecurityRow[] };
    const of = (name: string, outcome: RegExp) =>
      checks.find((row) => row.check.endsWith(name) && outcome.test(row.outcome))?.verdict;
    return [of('server.pem', /^valid from/), of('root-ca.key', /encrypted/)];
  };
  expect(await verdictsIn(0)).toEqual(['ok', 'note']);
  expect(await verdictsIn(355)).toEqual(['warning', 'note']);
  expect(await verdictsIn(400)).toEqual(['no', 'note']);
  expect(await verdictsIn(-2)).toEqual(['no', 'note']);
});

test('each finding says where it was written: in the file, in a variable, on the command line, nowhere', async () => {
  const { checks } = await judged({ log: { level: 'error' } });
  expect(checks.find(({ check }) => check === 'log.level')?.place).toMatch(/broker\.yaml:\d+:\d+$/);
  expect(checks.find(({ check }) => check === 'audit.file')?.place).toBeNull();
  const { stdout } = await cli(['doctor', 'security', '--set', 'log.level=error', '--json'], { cwd: '/' });
  const { checks: flagged } = JSON.parse(stdout) as { checks: readonly SecurityRow[] };
  expect(flagged.find(({ check }) => check === 'log.level')).toMatchObject({
    verdict: 'warning',
    outcome: 'error',
    place: '--set log.level',
  });
});

test('a secret in a header is named and not shown', async () => {
  const headers = { 'x-api-key': 'hunter2' };
  const { checks } = await judged({ access: { http: { authenticate: { url: 'https://a/b', headers } } } });
  expect(checks.find(({ check }) => check.endsWith('x-api-key'))).toMatchObject({ verdict: 'warning', outcome: '***' });
  expect(JSON.stringify(checks)).not.toContain('hunter2');
});
