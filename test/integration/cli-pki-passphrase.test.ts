import { execFile } from 'node:child_process';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { type PkiCommands, pkiCommands } from '../support/cli.ts';
import { openssl } from '../support/openssl.ts';
import { runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

// What docs/pki.md says of encrypted CA keys: with `certificates.passphrase` commands and broker sign, with another not.

let temporary: Awaited<ReturnType<typeof temporaryDirectory>>;
let commands: PkiCommands;
const at = (...names: string[]): string => join(temporary.path, ...names);

const wrongPassphrase =
  /(?:root|intermediate)-ca\.key cannot be decrypted: the passphrase is wrong, or the file is damaged; give the one it was encrypted with/;

beforeAll(async () => {
  temporary = await temporaryDirectory();
  commands = pkiCommands(temporary.path);
  await writeFile(at('right'), 'correct horse\n');
  await writeFile(at('wrong'), 'battery staple\n');
  for (const name of ['right', 'wrong'])
    await writeFile(
      at(`${name}.yaml`),
      stringify({ certificates: { directory: at('certs'), passphrase: { file: at(name) } } }),
    );
  await commands.pki('init', '--config', at('right.yaml'));
});
afterAll(() => temporary[Symbol.asyncDispose]());

/** A broker on the folder, for which every CA has to have a current list. @param name of the file with its passphrase. */
const broker = (name: 'right' | 'wrong'): Promise<TestBroker> =>
  startBroker({
    certificates: { directory: at('certs'), passphrase: { file: at(name) }, revocation: { mode: 'fail-closed' } },
  });

/** What `pki enroll` ends with that asks a broker for a certificate. */
async function enroll(running: TestBroker, name: string) {
  await writeFile(at('token'), (await commands.run('token', 'create', '--for', name)).stdout);
  const server = `https://localhost:${running.port('wss')}`;
  const from = ['--server', server, '--ca', 'certs/root-ca.pem', '--token-file', 'token'];
  return commands.run('enroll', ...from, '--name', name, '--out', name);
}

describe('CA keys that are encrypted', () => {
  test('are so on the disk, and sign for every command by certificates.passphrase', async () => {
    for (const name of ['root-ca', 'intermediate-ca'])
      expect(await readFile(at('certs', `${name}.key`), 'utf8')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    const config = ['--config', at('right.yaml')];
    await commands.pki('issue', 'client', 'by-hand', '--out', 'by-hand', ...config);
    await commands.pki('renew', 'by-hand/by-hand.pem', ...config);
    await commands.pki('renew', 'server', ...config);
    await commands.pki('renew', 'intermediate', ...config);
    await commands.pki('revoke', 'by-hand/by-hand.pem', ...config);
    const key = ['pkey', '-in', at('certs', 'intermediate-ca.key'), '-noout', '-passin', `file:${at('right')}`];
    expect((await openssl(...key)).trim()).toBe('');
  });

  test.each(['issue client x', 'renew server', 'crl'])('sign nothing with another passphrase: pki %s', async (line) => {
    const ended = await commands.run(...line.split(' '), '--config', at('wrong.yaml'));
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(wrongPassphrase) });
    expect(ended.stderr).not.toMatch(/battery|horse/);
  });

  test('sign for a broker that has the passphrase: devices that enroll, and the lists they are checked by', async () => {
    await rm(at('certs', 'crl'), { recursive: true });
    await using running = await broker('right');
    expect(running.log.text()).toMatch(/renewed the revocation list of CN=Viaduct Intermediate CA/);
    expect(running.log.text()).not.toMatch(/passphrase/);
    expect(await enroll(running, 'pump-7')).toMatchObject({ code: 0, stderr: '' });
    const [target, files] = [
      ['-h', 'localhost', '-p', String(running.port('mqtts-two-way')), '--cafile', at('certs', 'root-ca.pem')],
      ['--cert', at('pump-7', 'pump-7.pem'), '--key', at('pump-7', 'pump-7.key')],
    ];
    const { code } = await runToEnd('mosquitto_pub', [...target, ...files, '-t', 'a', '-m', 'b', '-q', '1']);
    expect(code).toBe(0);
  });

  test('and a broker with another passphrase: it says so as it starts, and the token of a device is not spent', async () => {
    await using running = await broker('wrong');
    expect(running.log.text()).toMatch(wrongPassphrase);
    expect(running.log.text()).not.toMatch(/battery|horse/);
    expect(await enroll(running, 'pump-8')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/\(503\): The CA cannot issue now/),
    });
    const tokens = await commands.pki('token', 'list');
    expect(tokens).toMatch(/ valid .* pump-8 +-$/m);
    expect(tokens).toMatch(/ used .* pump-7 +pump-7$/m);
  });
});

test('a first start encrypts the CA keys that it makes, and takes no short passphrase for that', async () => {
  const start = (directory: string, file: string): Promise<TestBroker> =>
    startBroker({ certificates: { directory: at(directory), passphrase: { file: at(file) } } });
  await using _ = await start('first', 'right');
  for (const name of ['root-ca', 'intermediate-ca'])
    expect(await readFile(at('first', `${name}.key`), 'utf8')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
  await writeFile(at('short'), 'short');
  await expect(start('never', 'short')).rejects.toThrow(
    /certificates\.passphrase: the passphrase has 5 characters; use/,
  );
});

test('pki init does not encrypt the keys that are there: it fails with the command that does', async () => {
  await commands.pki('init', '-d', 'open');
  const refused = await commands.run('init', '-d', 'open', '--passphrase-file', 'right');
  expect(refused).toMatchObject({ code: 1, stdout: expect.stringMatching(/nothing was changed$/) });
  const lines = refused.stderr.split('\n').map((line) => /: (openssl pkcs8 .*)$/.exec(line)?.[1] ?? '');
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    const given = line.replace('openssl pkcs8', `openssl pkcs8 -passout file:${at('right')}`); // which a person types
    await promisify(execFile)('sh', ['-c', given]);
  }
  expect((await stat(at('open', 'intermediate-ca.key'))).mode & 0o777).toBe(0o600);
  expect(await commands.run('issue', 'client', 'a', '-d', 'open')).toMatchObject({ code: 1 });
  await commands.pki('issue', 'client', 'a', '-d', 'open', '--passphrase-file', 'right');
  await commands.pki('init', '-d', 'open', '--passphrase-file', 'right');
});
