import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { argon2Hash } from '../../src/auth/passwords/argon2.ts';
import { runCli } from '../../src/cli/run.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { cli } from '../support/cli.ts';
import { fakeIo } from '../support/fake-io.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const directory = await temporaryDirectory();
const file = join(directory.path, 'passwd');

let broker: TestBroker;
beforeAll(async () => {
  await writeFile(file, `bob:${await argon2Hash(Buffer.from('secret'), { memoryKiB: 1_024, passes: 1, lanes: 1 })}\n`);
  broker = await startBroker({
    listeners: [{ name: 'password', bind: '127.0.0.1:0', tls: 'off', accept: ['mqtt'], authentication: ['password'] }],
    access: {
      passwords: { file },
      bans: { list: [{ clientId: 'outcast', reason: 'its owner owes us' }] },
      rules: [{ allow: 'all', topics: ['own/%u/#'] }],
    },
  });
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

/** What `viaduct pub` or `sub` says in the end, without the address. */
async function said(command: 'pub' | 'sub', ...args: string[]): Promise<string> {
  const url = `mqtt://127.0.0.1:${broker.port('password')}`;
  const more = command === 'pub' ? ['-m', 'x', '-q', '1'] : [];
  const { stderr, code } = await cli([command, '--url', url, ...more, ...args], { cwd: directory.path });
  expect(code).toBe(1);
  return stderr.replaceAll(url, 'URL').trim();
}
const bob = ['-u', 'bob', '-P', 'secret'];

test('a client that is refused shows the words of the broker, the same for an unknown user and a wrong password', async () => {
  const wrong = await said('pub', '-t', 'a', '-u', 'bob', '-P', 'guess');
  expect(wrong).toMatch(/URL refused: .*; the broker says: the user name or the password is wrong$/);
  expect(await said('pub', '-t', 'a', '-u', 'nobody', '-P', 'guess')).toBe(wrong);
});

test('who is banned is not told by what, until when and why', async () => {
  const words = await said('pub', '-t', 'a', '-i', 'outcast', ...bob);
  expect(words).toMatch(/; the broker says: this client is kept out for a while or for good$/);
  expect(words).not.toContain('owes');
});

test('a message that is denied comes back with the words of PUBACK', async () => {
  expect(await said('pub', '-t', 'own/ada/x', ...bob)).toMatch(
    /URL refused: Not authorized; .*the broker says: it may not publish to "own\/ada\/x"$/i,
  );
});

test('a subscription that is denied comes back with the words of SUBACK', async () => {
  expect(await said('sub', '-t', '#', ...bob)).toMatch(/the broker says: it may not subscribe to "#"$/);
});

test('a connection that another one takes over ends with the words of DISCONNECT', async () => {
  const client = ['-i', 'twin', ...bob];
  let say = (): void => undefined;
  const subscribed = new Promise<void>((resolve) => {
    say = resolve;
  });
  const io = fakeIo({ cwd: directory.path, onError: () => say() });
  const url = `mqtt://127.0.0.1:${broker.port('password')}`;
  const first = runCli(['sub', '--url', url, '-t', 'own/bob/first', ...client], io);
  await subscribed;
  await cli(['pub', '--url', url, '-t', 'own/bob/x', '-m', 'x', ...client], { cwd: directory.path });
  await first;
  expect(io.err()).toMatch(/disconnected us: .*; the broker says: another connection came with this client id$/m);
});
