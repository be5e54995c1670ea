import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from '../support/cli.ts';
import { openssl, opensslRefuses } from '../support/openssl.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { type TestPki, testPki } from '../support/test-pki.ts';

let pki: TestPki;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeAll(async () => {
  directory = await temporaryDirectory();
  pki = await testPki();
  const client = await pki.client({ cn: 'device' });
  const files = {
    root: pki.root,
    intermediate: pki.intermediate,
    'other-root': pki.otherRoot,
    server: pki.server.cert,
    'server-leaf': pki.server.leaf,
    client: client.cert,
    'client-leaf': client.leaf,
    expired: (await pki.client({ cn: 'old', expired: true })).cert,
    early: (await pki.client({ cn: 'early', notYetValid: true })).cert,
    foreign: (await pki.client({ cn: 'foreign', otherCa: true })).cert,
    'server-only': (await pki.client({ cn: 'wrong', wrongPurpose: true })).cert,
  };
  for (const [name, content] of Object.entries(files)) await writeFile(at(`${name}.pem`), content);
});
afterAll(async () => {
  await pki[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

const at = (...names: string[]): string => join(directory.path, ...names);

interface Verification {
  readonly isValid: boolean;
  readonly chain: readonly { readonly source: string }[];
  readonly problems: readonly { readonly code: string; readonly message: string }[];
}

async function verify(...args: string[]): Promise<Verification & { readonly code: number | null }> {
  const { code, stdout, stderr } = await cli(['pki', 'verify', ...args, '--json'], { cwd: directory.path });
  expect(stderr.trim()).toBe('');
  return { code, ...(JSON.parse(stdout) as Verification) };
}

const client = ['--purpose', 'client'];
const server = ['--host', 'localhost'];
const judge = { client: ['-purpose', 'sslclient'], server: ['-purpose', 'sslserver', '-verify_hostname', 'localhost'] };

describe('a chain that is whole', () => {
  test.each([
    { file: 'server', ca: 'root', args: server, sources: ['target', 'sent', 'trusted'] },
    { file: 'client', ca: 'root', args: client, sources: ['target', 'sent', 'trusted'] },
    { file: 'client-leaf', ca: 'intermediate', args: [...client, '--partial-chain'], sources: ['target', 'trusted'] },
  ])('$file with the anchor $ca is accepted, and each certificate says where it came from', async (row) => {
    const { code, isValid, chain, problems } = await verify(`${row.file}.pem`, '--ca', `${row.ca}.pem`, ...row.args);
    expect({ code, isValid, problems }).toEqual({ code: 0, isValid: true, problems: [] });
    expect(chain.map(({ source }) => source)).toEqual(row.sources);
  });
});

describe('a chain that is broken is refused, by openssl too, and it is said why', () => {
  test.each([
    { what: 'the leaf alone with the root as anchor', file: 'client-leaf', says: /issuer|intermediate/i },
    {
      what: 'an intermediate as anchor without --partial-chain',
      file: 'client',
      ca: 'intermediate',
      says: /root|partial/i,
    },
    { what: 'one that has ended', file: 'expired', says: /expired|ended/i },
    { what: 'one that does not count yet', file: 'early', says: /not valid (?:before|yet|until)|not yet/i },
    { what: 'one of another CA', file: 'foreign', says: /trusted|issuer/i },
    { what: 'one that is trusted by another CA only', file: 'client', ca: 'other-root', says: /trusted|issuer/i },
    { what: 'one for a server, shown by a client', file: 'server-only', says: /not meant for a client/ },
    {
      what: 'one for a client, shown by a server',
      file: 'client',
      as: 'server' as const,
      says: /not meant for a server/,
    },
  ])('$what', async ({ file, ca = 'root', as = 'client' as const, says }) => {
    const args = as === 'client' ? client : server;
    const { code, isValid, problems } = await verify(`${file}.pem`, '--ca', `${ca}.pem`, ...args);
    expect({ code, isValid }).toEqual({ code: 1, isValid: false });
    expect(problems.map(({ message }) => message).join('\n')).toMatch(says);
    const sent = file.endsWith('-leaf') ? [] : ['-untrusted', at(`${file}.pem`)];
    await opensslRefuses('verify', ...judge[as], '-CAfile', at(`${ca}.pem`), ...sent, at(`${file}.pem`));
  });

  test('a server under another name', async () => {
    const { code, problems } = await verify('server.pem', '--ca', 'root.pem', '--host', 'other.example.org');
    expect(code).toBe(1);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toContain('other.example.org');
  });

  test('a key that belongs to another certificate', async () => {
    const key = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', at('other.key')];
    await openssl('genpkey', ...key);
    const args = ['pki', 'verify', 'client.pem', '--ca', 'root.pem', '--key', 'other.key'];
    const ended = await cli(args, { cwd: directory.path });
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('is not the key') as string });
  });

  test('a certificate that was revoked, once the lists are asked', async () => {
    const run = (...args: string[]) => cli(['pki', ...args], { cwd: directory.path });
    for (const args of [['init'], ['issue', 'client', 'gone', '--out', 'gone'], ['revoke', 'gone/gone.pem']])
      expect(await run(...args)).toMatchObject({ code: 0 });
    expect(await verify('gone/gone.pem', ...client)).toMatchObject({ code: 0 });
    const { code, problems } = await verify('gone/gone.pem', ...client, '--crl');
    expect(code).toBe(1);
    expect(problems.map(({ message }) => message).join('\n')).toMatch(/CN=gone, O=Viaduct .*revoked/);
  });
});

test('for people, each certificate of the chain has a line, and the last line is the verdict', async () => {
  const { code, stdout } = await cli(['pki', 'verify', 'expired.pem', '--ca', 'root.pem'], { cwd: directory.path });
  expect(code).toBe(1);
  expect(stdout.trim()).toMatch(
    /^0 {2}.*EXPIRED on [\s\S]*\n1 {2}.*\(sent along\)[\s\S]*\n2 {2}.*\(trusted\)[\s\S]*\nnot accepted: 1 problem$/,
  );
});
