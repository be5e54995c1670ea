import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PkiCommands, pkiCommands } from '../support/cli.ts';
import { openssl, opensslRefuses } from '../support/openssl.ts';
import { viaduct } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

// Each `viaduct pki` command once through the built program, which takes its time to start; what they do in detail stands
// in test/integration/cli-pki-*.test.ts. `token` and `enroll` stand in pki-page.test.ts.

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
const at = (...names: string[]): string => join(directory.path, ...names);

const run: PkiCommands['run'] = (...args) => pkiCommands(directory.path, viaduct).run(...args);
const pki: PkiCommands['pki'] = (...args) => pkiCommands(directory.path, viaduct).pki(...args);

beforeAll(async () => {
  directory = await temporaryDirectory();
  expect(await pki('init')).toMatch(/^made in .*root-ca\.key/);
});
afterAll(() => directory[Symbol.asyncDispose]());

const ca = (): string[] => ['-CAfile', at('certs', 'root-ca.pem'), '-untrusted', at('certs', 'intermediate-ca.pem')];

describe('the built program', () => {
  test('shows the state of a CA and of none', async () => {
    expect(JSON.parse(await pki('status', '--json'))).toMatchObject({ authority: 'created' });
    const none = await run('status', '-d', 'none');
    expect(none).toMatchObject({ code: 1, stdout: expect.stringMatching(/^no CA in /) as string });
  });

  test('issues, signs, inspects, renews and exports', async () => {
    await pki('issue', 'client', 'pump', '--out', 'pump');
    const pump = join('pump', 'pump.pem');
    expect(await openssl('verify', '-purpose', 'sslclient', ...ca(), at(pump))).toMatch(/: OK/);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', at('own.key')];
    await openssl('req', '-new', ...key, '-subj', '/CN=own', '-out', at('own.csr'));
    await writeFile(at('own.pem'), `${await pki('sign', 'own.csr')}\n`);
    expect(await openssl('verify', ...ca(), at('own.pem'))).toMatch(/: OK/);
    expect(await pki('inspect', 'own.pem')).toMatch(/^subject +CN=own/);
    expect(await pki('renew', pump)).toMatch(/^renewed CN=pump/);
    await pki('export', 'trust', '--format', 'pem', '--out', 'trust.pem');
    expect(await openssl('verify', '-CAfile', at('trust.pem'), at(pump))).toMatch(/: OK/);
  });

  test('revokes, writes the lists, lists and verifies', async () => {
    const pem = ['issue', 'client', 'lost', '--json'];
    const { serialNumber } = JSON.parse(await pki(...pem)) as { serialNumber: string };
    expect(await pki('revoke', serialNumber)).toMatch(/^CN=lost, O=Viaduct \w+ is revoked/);
    expect(await pki('crl')).toMatch(/^list \d+ of CN=Viaduct Intermediate CA, O=Viaduct: 1 revoked/m);
    const lost = join('certs', 'issued', 'lost.pem');
    expect(await run('verify', lost, '--purpose', 'client', '--crl')).toMatchObject({ code: 1, stderr: '' });
    const check = ['-crl_check', '-CRLfile', at('certs', 'crl', 'intermediate-ca.pem')];
    expect(await opensslRefuses('verify', ...check, ...ca(), at(lost))).toMatch(/certificate revoked/);
    expect(await pki('list', '--revoked')).toMatch(/ revoked .* CN=lost, O=Viaduct$/);
  });

  test('moves the key of the root away and takes an intermediate that was signed there', async () => {
    await pki('root', 'export', '--out', 'disk');
    await mkdir(at('vault'));
    for (const name of ['root-ca.key', 'root-ca.pem']) await rename(at('disk', name), at('vault', name));
    const request = join('disk', 'intermediate-ca.csr');
    await pki('sign', request, '-d', 'vault', '--profile', 'intermediate', '--out', 'signed.pem');
    await pki('root', 'import', 'signed.pem');
    expect(await readdir(at('certs'))).not.toContain('root-ca.key');
    const refused = await run('renew', 'root');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('root-ca.key is not there') as string });
  });
});
