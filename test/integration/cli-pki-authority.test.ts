import { mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PkiCommands, pkiCommands } from '../support/cli.ts';
import { openssl } from '../support/openssl.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
});
afterAll(() => directory[Symbol.asyncDispose]());

const at = (...names: string[]): string => join(directory.path, ...names);

const run: PkiCommands['run'] = (...args) => pkiCommands(directory.path).run(...args);
const pki: PkiCommands['pki'] = (...args) => pkiCommands(directory.path).pki(...args);

interface Status {
  readonly authority: string;
  readonly certificates: readonly { name: string; state: string; key: string; notAfter: string }[];
  readonly ledger: Readonly<Record<string, number>>;
}

const status = async (folder: string): Promise<Status> =>
  JSON.parse(await pki('status', '-d', folder, '--json')) as Status;

describe('the folder of a CA', () => {
  test('is told by status before and after pki init, which never changes what is there', async () => {
    const before = await run('status', '-d', 'fresh', '--json');
    expect(before.code).toBe(1);
    expect(JSON.parse(before.stdout)).toMatchObject({ authority: 'not created', certificates: [] });
    const made = JSON.parse(await pki('init', '-d', 'fresh', '--json')) as { created: string[] };
    expect(made.created).toEqual(expect.arrayContaining(['root-ca.key', 'intermediate-ca.key', 'server.key']));
    expect(await pki('init', '-d', 'fresh')).toMatch(/is complete; nothing was changed/);
    expect(await status('fresh')).toMatchObject({
      authority: 'created',
      certificates: ['root-ca', 'intermediate-ca', 'server'].map((name) => ({ name, state: 'valid', key: 'here' })),
      withoutRevocationList: ['CN=Viaduct Root CA, O=Viaduct', 'CN=Viaduct Intermediate CA, O=Viaduct'],
      ledger: { issued: 4, valid: 4, revoked: 0, expiringIn30Days: 0 },
    });
  });

  test('holds no key that others can read', async () => {
    await pki('init', '-d', 'modes');
    const keys = (await readdir(at('modes'))).filter((name) => /\.(?:key|p12|jsonl)$/.test(name));
    expect(keys).toHaveLength(6);
    for (const name of keys) expect([name, (await stat(at('modes', name))).mode & 0o077]).toEqual([name, 0]);
  });
});

test('CA keys encrypted by --passphrase-file sign with that passphrase and no other, which is never printed', async () => {
  await writeFile(at('passphrase'), 'correct horse\n');
  await writeFile(at('wrong'), 'battery staple\n');
  const sealed = ['-d', 'sealed'];
  await pki('init', ...sealed, '--passphrase-file', 'passphrase');
  const key = ['pkey', '-in', at('sealed', 'intermediate-ca.key'), '-noout'];
  expect((await openssl(...key, '-passin', `file:${at('passphrase')}`)).trim()).toBe('');
  const without = await run('issue', 'client', 'a', ...sealed);
  expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining('--passphrase-file') as string });
  const wrong = await run('issue', 'client', 'a', ...sealed, '--passphrase-file', 'wrong');
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('passphrase is wrong') as string });
  expect(wrong.stderr).not.toContain('battery staple');
  expect(await pki('issue', 'client', 'a', ...sealed, '--passphrase-file', 'passphrase')).not.toContain('horse');
  expect((await status('sealed')).ledger).toMatchObject({ issued: 5 });
});

test('with the key of the root elsewhere devices are issued, and the intermediate is renewed by a request', async () => {
  const here = ['-d', 'online'];
  await pki('init', ...here);
  expect(await pki('root', 'export', ...here, '--out', 'disk')).toContain(at('disk', 'root-ca.key'));
  expect((await stat(at('disk', 'root-ca.key'))).mode & 0o777).toBe(0o600);
  expect((await status('online')).certificates[0]).toMatchObject({ name: 'root-ca', key: 'absent' });
  await pki('issue', 'client', 'before', ...here);
  const refused = await run('renew', 'intermediate', ...here);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('viaduct pki root export') as string });

  await mkdir(at('vault'));
  for (const name of ['root-ca.key', 'root-ca.pem']) await rename(at('disk', name), at('vault', name));
  const request = join('disk', 'intermediate-ca.csr');
  await pki('sign', request, '-d', 'vault', '--profile', 'intermediate', '--out', 'signed.pem');
  const imported = JSON.parse(await pki('root', 'import', 'signed.pem', ...here, '--json')) as unknown;
  expect(imported).toMatchObject({ kind: 'intermediate certificate' });

  await pki('issue', 'client', 'after', ...here);
  for (const name of ['before', 'after'])
    expect(
      await openssl(
        'verify',
        '-CAfile',
        at('vault', 'root-ca.pem'),
        '-untrusted',
        at('signed.pem'),
        at('online', 'issued', `${name}.pem`),
      ),
    ).toMatch(/: OK/);
  expect(await readdir(at('online'))).not.toContain('root-ca.key');
});

describe('name constraints of pki init', () => {
  test('leave the server only names that its CA may certify, which openssl accepts, and any other is not issued (RFC 5280 4.2.1.10)', async () => {
    await pki('init', '-d', 'limited', '--permit', 'DNS:example.org', '--permit', 'IP:127.0.0.0/8');
    const ca = ['-CAfile', at('limited', 'root-ca.pem'), '-untrusted', at('limited', 'intermediate-ca.pem')];
    expect(await openssl('verify', ...ca, at('limited', 'server.pem'))).toMatch(/: OK/);
    const names = await openssl('x509', '-in', at('limited', 'server.pem'), '-noout', '-ext', 'subjectAltName');
    expect(names).toMatch(/\n\s+IP Address:127\.0\.0\.1\s*$/);
    const inside = await pki('issue', 'server', 'pump.example.org', '-d', 'limited');
    expect(await openssl('verify', ...ca, inside.split('\n')[1] ?? '')).toMatch(/: OK/);
    const outside = await run('issue', 'server', 'pump.example.net', '-d', 'limited');
    expect(outside).toMatchObject({ code: 1, stderr: expect.stringContaining('may not certify') as string });
  });

  test('that leave the server no name stop it before anything is written', async () => {
    const permitted = ['--permit', 'DNS:example.org', '--permit', 'IP:192.0.2.0/24'];
    const refused = await run('init', '-d', 'nameless', ...permitted);
    expect(refused).toMatchObject({ stderr: expect.stringContaining('certificates.names') as string });
    expect(refused.code).not.toBe(0);
    expect(await readdir(at('nameless')).catch(() => [])).toEqual([]);
  });
});

describe('pki renew', () => {
  test('gives a client the same names, a new key on request, and keeps what was there', async () => {
    await pki('init', '-d', 'renewing');
    const file = join('renewing', 'issued', 'pump.pem');
    await pki('issue', 'client', 'pump', '-d', 'renewing', '--lifetime', '30d', '--name', 'DNS:pump.example.org');
    expect(await pki('list', '--expiring', '60d', '-d', 'renewing')).toMatch(/ valid .* CN=pump, O=Viaduct$/);
    const renewed = JSON.parse(await pki('renew', file, '-d', 'renewing', '--new-key', '--json')) as {
      renewed: { names: string[] }[];
    };
    expect(renewed.renewed[0]?.names).toEqual(['pump.example.org']);
    const publicKey = (name: string) => openssl('x509', '-in', at('renewing', 'issued', name), '-noout', '-pubkey');
    expect(await publicKey('pump.pem')).not.toBe(await publicKey('pump.pem.old'));
    expect(await openssl('pkey', '-in', at('renewing', 'issued', 'pump.key'), '-pubout')).toBe(
      await publicKey('pump.pem'),
    );
    const listed = JSON.parse(await pki('list', '--subject', 'pump', '-d', 'renewing', '--json')) as {
      certificates: { state: string }[];
    };
    expect(listed.certificates.map(({ state }) => state)).toEqual(['replaced', 'valid']);
    expect(await pki('list', '--expiring', '60d', '-d', 'renewing')).toBe('no certificates');
  });

  test.each(['server', 'intermediate', 'root'])('of the %s leaves a server that its CAs verify', async (what) => {
    await pki('init', '-d', `renew-${what}`);
    const renewed = JSON.parse(await pki('renew', what, '-d', `renew-${what}`, '--json')) as { files: string[] };
    expect(renewed.files.length).toBeGreaterThan(0);
    for (const { key } of (await status(`renew-${what}`)).certificates) expect(key).toBe('here'); // renewed with its key
    const server = join(`renew-${what}`, 'server.pem');
    const verified = JSON.parse(await pki('verify', server, '-d', `renew-${what}`, '--host', 'localhost', '--json'));
    expect(verified).toMatchObject({ isValid: true, problems: [] });
  });
});

test('pki inspect reads what openssl made and never shows a key', async () => {
  const key = ['-newkey', 'rsa:2048', '-noenc', '-keyout', at('made.key')];
  await openssl(
    'req',
    '-new',
    ...key,
    '-subj',
    '/CN=made',
    '-addext',
    'subjectAltName=DNS:made.example.org',
    '-out',
    at('made.csr'),
  );
  expect(JSON.parse(await pki('inspect', 'made.csr', '--json'))).toMatchObject({
    request: { commonName: 'made', names: ['DNS:made.example.org'], provesPossession: true, asksForCa: false },
  });
  expect(await pki('inspect', 'made.key')).toMatch(/^private key, not encrypted, rsa 2048$/);
  await openssl('req', '-x509', '-key', at('made.key'), '-subj', '/CN=made', '-out', at('made.der'), '-outform', 'DER');
  expect(await pki('inspect', 'made.der')).toMatch(/^subject +CN=made\n/);
  await writeFile(at('garbage'), 'nothing of the kind');
  expect(await run('inspect', 'garbage')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(at('garbage')) as string,
  });
});

test('a client that the broker would refuse for its name is issued nothing, by no command, unless the configuration takes it', async () => {
  await pki('init', '-d', 'names');
  const folder = ['-d', 'names'];
  for (const name of ['a/b', 'a+b', 'anonymous'])
    expect(await run('issue', 'client', name, ...folder)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^the broker would refuse this client: .*access\.certificate\.principal/) as string,
    });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at('slash.key')];
  await openssl('req', '-new', ...key, '-subj', '/CN=a#b', '-out', at('slash.csr'));
  const signed = await run('sign', 'slash.csr', ...folder);
  expect(signed).toMatchObject({ code: 1, stderr: expect.stringContaining('"#" in its common name') as string });
  expect(JSON.parse(await pki('list', ...folder, '--json'))).not.toContainEqual(expect.stringContaining('a/b'));
  const escaped = ['--set', 'access.certificate.principal={cn:escaped}'];
  await pki('issue', 'client', 'a+b', ...folder, ...escaped);
  await pki('sign', 'slash.csr', '--out', 'slash.pem', ...folder, ...escaped);
});
