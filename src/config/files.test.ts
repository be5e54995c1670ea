import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { loadConfig } from './load.ts';
import { formatProblem } from './problems.ts';

async function problemsOf(flags: readonly string[]): Promise<string[]> {
  const loaded = await loadConfig({ file: undefined, env: {}, flags });
  return loaded.kind === 'refused' ? loaded.problems.map(formatProblem) : [];
}

const pem = (label: string): string => `subject=somebody\n-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;

test('every file that is named and not there, cannot be read or holds something else is a problem, all at once', async () => {
  await using directory = await temporaryDirectory();
  const at = (name: string): string => join(directory.path, name);
  await mkdir(at('folder'));
  await writeFile(at('text'), 'hello');
  await writeFile(at('cert'), pem('CERTIFICATE'));
  const problems = await problemsOf([
    `listeners[0].certificate=${at('none')}`,
    `listeners[0].key=${at('cert')}`,
    `listeners[1].clientCa=${at('folder')}`,
    `listeners[2].certificates=[{certificate: ${at('text')}, key: ${at('none.key')}}]`,
    'nats.servers=tls://127.0.0.1:4222',
    `nats.tls.ca=${at('none-ca')}`,
    'store.type=redis',
    'store.redis.url=rediss://127.0.0.1:6379',
    `store.redis.tls.ca=${at('text')}`,
  ]);
  expect(problems.map((problem) => problem.replaceAll(`${directory.path}/`, ''))).toEqual([
    '--set listeners[0].certificate: none cannot be read: there is no such file',
    '--set listeners[0].key: cert holds no private key in PEM form',
    '--set listeners[1].clientCa: folder cannot be read: it is a folder',
    expect.stringMatching(/listeners\[2\]\.certificates.*: text holds no certificate in PEM form$/),
    expect.stringMatching(/listeners\[2\]\.certificates.*: none\.key cannot be read: there is no such file$/),
    '--set nats.tls.ca: none-ca cannot be read: there is no such file',
    '--set store.redis.tls.ca: text holds no certificate in PEM form',
  ]);
});

test('files that hold what they should, with text around it, are fine, and so are those of parts that are not used', async () => {
  await using directory = await temporaryDirectory();
  const at = (name: string): string => join(directory.path, name);
  await writeFile(at('cert'), pem('CERTIFICATE'));
  await writeFile(at('key'), pem('EC PRIVATE KEY'));
  const own = [`listeners[0].certificate=${at('cert')}`, `listeners[0].key=${at('key')}`];
  expect(await problemsOf([...own, `listeners[1].clientCa=${at('cert')}`])).toEqual([]);
});

test('a password file that is not there, or has a wrong line, is a problem that never shows a hash', async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'passwd');
  expect(await problemsOf([`access.passwords={file: ${file}}`])).toEqual([
    expect.stringMatching(
      /passwd cannot be read: there is no such file; make it with: viaduct passwd add .*passwd USER$/,
    ),
  ]);
  await writeFile(file, 'bob:secret\n');
  expect(await problemsOf([`access.passwords={file: ${file}}`])).toEqual([
    expect.stringMatching(/passwd:1: has no hash behind the user name; a password does not stand here as it is$/),
  ]);
});

test('a file of bans that is none is a problem; it need not be there', async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'bans.json');
  const problems = () => problemsOf([`access.bans={file: ${file}}`]);
  expect(await problems()).toEqual([]);
  for (const text of ['{', '{}', '[{ "clientId": "a", "user": "b" }]']) {
    await writeFile(file, text);
    expect(await problems(), text).toEqual([
      expect.stringMatching(/bans\.json is no list of bans: .*; write it with viaduct ban add$/),
    ]);
  }
  await writeFile(file, '[{');
  expect(await problems(), 'where it is no JSON').toEqual([expect.stringMatching(/JSON at position 2/)]);
  await writeFile(file, '[{ "clientId": "a" }]');
  expect(await problems()).toEqual([]);
});
