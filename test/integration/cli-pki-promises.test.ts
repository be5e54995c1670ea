import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { type PkiCommands, pkiCommands } from '../support/cli.ts';
import { fakeIo } from '../support/fake-io.ts';
import { openssl } from '../support/openssl.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

// What docs/pki.md promises of all commands, and of options that no other test uses.

let temporary: Awaited<ReturnType<typeof temporaryDirectory>>;
let commands: PkiCommands;
const at = (...names: string[]): string => join(temporary.path, ...names);

beforeAll(async () => {
  temporary = await temporaryDirectory();
  commands = pkiCommands(temporary.path);
  await commands.pki('init', '--organization', 'Example Ltd', '--key-type', 'rsa-3072');
});
afterAll(() => temporary[Symbol.asyncDispose]());

/** Commands that have no commands of their own. */
const leaves = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);

test('every pki command takes --json', async () => {
  const pki = (await buildProgram(fakeIo())).commands.filter((one) => one.name() === 'pki');
  const found = pki.flatMap(leaves);
  expect(found.length).toBeGreaterThan(15);
  const without = found.filter(({ options }) => !options.some(({ long }) => long === '--json'));
  expect(without.map((one) => one.name())).toEqual([]);
});

test('pki init takes the name and the type of the keys', async () => {
  for (const name of ['root-ca', 'intermediate-ca', 'server']) {
    const text = await openssl('x509', '-in', at('certs', `${name}.pem`), '-noout', '-text', '-nameopt', 'RFC2253');
    expect(text).toMatch(/Subject: .*O=Example Ltd/);
    expect(text).toContain('Public-Key: (3072 bit)');
  }
});

test('a command that would overwrite a file fails, and the file stays', async () => {
  await commands.pki('issue', 'client', 'pump', '--out', 'pump');
  const before = await readFile(at('pump', 'pump.key'));
  await openssl('req', '-new', '-key', at('pump', 'pump.key'), '-subj', '/CN=pump', '-out', at('pump.csr'));
  for (const args of [
    ['issue', 'client', 'pump', '--out', 'pump'],
    ['sign', 'pump.csr', '--out', 'pump/pump.pem'],
    ['export', 'trust', '--format', 'pem', '--out', 'pump/pump.pem'],
  ])
    expect(await commands.run(...args)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/pump\.(?:pem|key) .*nothing is overwritten/) as string,
    });
  expect(await readFile(at('pump', 'pump.key'))).toEqual(before);
  expect(await commands.pki('verify', 'pump/pump.pem', '--key', 'pump/pump.key')).toMatch(/\nok$/);
});

test('pki verify judges as of another time', async () => {
  const args = ['verify', 'certs/server.pem', '--host', 'localhost'];
  expect(await commands.pki(...args)).toMatch(/\nok$/);
  const nextYears = `${new Date().getUTCFullYear() + 2}-01-31T12:00:00Z`;
  const later = await commands.run(...args, '--at', nextYears);
  expect(later).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/EXPIRED[\s\S]*\nnot accepted: 1 problem$/) as string,
  });
});
