import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type PkiCommands, pkiCommands } from '../support/cli.ts';
import { openssl, opensslRefuses } from '../support/openssl.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

// What docs/pki.md says of a folder whose ledger is gone. `lost` was revoked before that, `kept` was not.

const temporaries: AsyncDisposable[] = [];
let at: (...names: string[]) => string;
let commands: PkiCommands;

beforeEach(async () => {
  const temporary = await temporaryDirectory();
  temporaries.push(temporary);
  at = (...names) => join(temporary.path, ...names);
  commands = pkiCommands(temporary.path);
  await commands.pki('init');
  for (const name of ['lost', 'kept']) await commands.pki('issue', 'client', name, '--out', 'devices');
  await commands.pki('revoke', 'devices/lost.pem', '--reason', 'key-compromise');
  await rm(at('certs', 'ledger.jsonl'));
});
afterAll(() => Promise.all(temporaries.map((one) => one[Symbol.asyncDispose]())));

const listPath = (): string => at('certs', 'crl', 'intermediate-ca.pem');

/** The number of the list, by openssl. */
async function listNumber(): Promise<bigint> {
  const [, number = ''] = /crlNumber=(0x[0-9A-F]+)/.exec(
    await openssl('crl', '-in', listPath(), '-noout', '-crlnumber'),
  ) ?? [undefined, '-1'];
  return BigInt(number);
}

/** Whether openssl takes a device by the newest list. */
async function isRevoked(name: string): Promise<boolean> {
  const check = ['verify', '-crl_check', '-CRLfile', listPath(), '-CAfile', at('certs', 'ca-chain.pem')];
  const device = at('devices', `${name}.pem`);
  if (name === 'kept') return !/: OK/.test(await openssl(...check, device));
  return /certificate revoked/.test(await opensslRefuses(...check, device));
}

interface Listed {
  readonly certificates: readonly { readonly subject: string; readonly state: string }[];
}
const listed = async (): Promise<string[]> =>
  (JSON.parse(await commands.pki('list', '--json')) as Listed).certificates.map(
    ({ subject, state }) => `${subject.slice(0, 'CN=kept'.length)} ${state}`,
  );

describe('without its ledger', () => {
  test('a CA lists nothing, and a certificate that is renewed or revoked by its file stands in the ledger again', async () => {
    expect(await commands.pki('list')).toBe('no certificates');
    expect(await commands.pki('status')).toMatch(/^ledger: 0 issued/m);
    expect(await commands.pki('renew', 'devices/kept.pem')).toMatch(/^renewed CN=kept/);
    expect(await listed()).toEqual(['CN=kept replaced', 'CN=kept valid']);
    await commands.pki('issue', 'client', 'next', '--out', 'devices');
    await commands.pki('revoke', 'devices/next.pem');
    expect(await listed()).toEqual(['CN=kept replaced', 'CN=kept valid', 'CN=next revoked']);
  });

  test('a certificate is revoked by its file; by its number it is not known, and the sentence says what to do', async () => {
    const serial = (await openssl('x509', '-in', at('devices', 'kept.pem'), '-noout', '-serial')).trim().slice(7);
    const refused = await commands.run('revoke', serial);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/give the file of the certificate/) });
    expect(await isRevoked('kept')).toBe(false);
    expect(await commands.pki('revoke', 'devices/kept.pem')).toMatch(/^CN=kept, O=Viaduct [0-9A-F]{32} is revoked/);
    expect(
      await opensslRefuses(
        'verify',
        '-crl_check',
        '-CRLfile',
        listPath(),
        '-CAfile',
        at('certs', 'ca-chain.pem'),
        at('devices', 'kept.pem'),
      ),
    ).toMatch(/certificate revoked/);
    expect(await commands.pki('revoke', serial)).toMatch(/was revoked before/);
  });

  test('the numbers of the lists go on, and who was revoked stays revoked with day and reason', async () => {
    const before = await listNumber();
    const entry = /Serial Number[\s\S]*?(?=Signature)/;
    const text = async () => entry.exec(await openssl('crl', '-in', listPath(), '-noout', '-text'))?.[0];
    const revoked = await text();
    expect(revoked).toMatch(/Key Compromise/);
    await commands.pki('crl');
    await commands.pki('crl');
    expect(await listNumber()).toBeGreaterThan(before + 1n);
    expect(await text()).toBe(revoked);
    expect([await isRevoked('lost'), await isRevoked('kept')]).toEqual([true, false]);
  });

  test('who was revoked stays revoked while the intermediate is renewed with a new key', async () => {
    await commands.pki('renew', 'intermediate', '--new-key');
    await commands.pki('crl');
    const check = ['verify', '-crl_check', '-CAfile', at('certs', 'ca-chain.pem')];
    const [, file = ''] = /^(\S+intermediate-ca-[0-9A-F]+\.pem)$/m.exec(await commands.pki('crl')) ?? [];

    expect(await opensslRefuses(...check, '-CRLfile', file, at('devices', 'lost.pem'))).toMatch(/certificate revoked/);
    expect(await openssl(...check, '-CRLfile', file, at('devices', 'kept.pem'))).toMatch(/: OK/);
  });

  test('a list that this CA has not signed adds nobody', async () => {
    await using other = await temporaryDirectory();
    await pkiCommands(other.path).pki('init');
    await pkiCommands(other.path).pki('issue', 'client', 'theirs', '--out', 'devices');
    await pkiCommands(other.path).pki('revoke', 'devices/theirs.pem');
    await writeFile(listPath(), await readFile(join(other.path, 'certs', 'crl', 'intermediate-ca.pem')));
    await rm(at('certs', 'crl', 'intermediate-ca.crl'));
    expect(await commands.pki('crl')).toMatch(/of CN=Viaduct Intermediate CA, O=Viaduct: 0 revoked/);
  });
});
