import { X509Certificate } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { issueInFolder, signInFolder } from '../../src/pki/folder/operations.ts';
import { exportRoot } from '../../src/pki/folder/root-export.ts';
import { importIntoFolder } from '../../src/pki/folder/root-import.ts';
import { readCrls } from '../../src/pki/revocation/crl-read.ts';
import { encryptKey } from '../../src/pki/x509/encrypted-key.ts';
import { profiles } from '../../src/pki/x509/profile.ts';
import { openssl } from '../support/openssl.ts';
import { type OwnCaFolder, ownCaFolder } from '../support/own-ca.ts';

const dayMs = 86_400_000;
const caExtensions =
  'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n';

/** Signs a request where the root is, with openssl alone. @returns PEM. */
async function signedByOpenssl(ca: OwnCaFolder, vault: string, extensions = caExtensions): Promise<string> {
  const file = (name: string) => `${vault}/${name}`;
  const config = await ca.write('ca.ext', extensions);
  const signer = ['-CA', file('root-ca.pem'), '-CAkey', file('root-ca.key'), '-CAcreateserial', '-days', '90'];
  await openssl(
    'x509',
    '-req',
    '-in',
    file('intermediate-ca.csr'),
    ...signer,
    '-extfile',
    config,
    '-out',
    file('new.pem'),
  );
  return readFile(file('new.pem'), 'utf8');
}

const textOf = (ca: OwnCaFolder, name: string): Promise<string> => readFile(ca.file(name), 'utf8');

describe('a root that is kept offline', () => {
  test('leaves the folder with its key, and the intermediate goes on issuing', async () => {
    await using ca = await ownCaFolder();
    const key = await textOf(ca, 'root-ca.key');
    const vault = ca.file('vault');
    const exported = await exportRoot(ca.folder, vault);
    expect((await readdir(vault)).sort()).toEqual(['intermediate-ca.csr', 'root-ca.key', 'root-ca.pem']);
    expect(await readFile(exported.key!, 'utf8')).toBe(key);
    expect((await stat(exported.key!)).mode & 0o777).toBe(0o600);
    expect(await ca.folder.text('root-ca.key')).toBeUndefined();
    expect((await issueInFolder(ca.folder, 'client', { commonName: 'a' })).entry.subject).toBe('CN=a, O=Viaduct');
    const subordinate = signInFolder(
      ca.folder,
      await readFile(exported.request),
      { profile: profiles.intermediate },
      'x',
    );
    await expect(subordinate).rejects.toThrow(
      /root-ca\.key is not there, .*viaduct pki root import.*viaduct pki root export/,
    );
  });

  test('leaves a list that counts for a year; that of the intermediate counts as before', async () => {
    await using ca = await ownCaFolder();
    await exportRoot(ca.folder, ca.file('vault'));
    const daysOf = async (name: string): Promise<number> => {
      const crls = readCrls(await readFile(ca.file(`crl/${name}.crl`)));
      return typeof crls === 'string' ? 0 : Math.round((crls[0]!.nextUpdate! - crls[0]!.thisUpdate) / dayMs);
    };
    expect([await daysOf('root-ca'), await daysOf('intermediate-ca')]).toEqual([365, 7]);
  });

  test('certifies the intermediate again by its request, with openssl, and what it issued stays good', async () => {
    await using ca = await ownCaFolder({ organization: 'Acme' });
    const before = await issueInFolder(ca.folder, 'client', { commonName: 'old' });
    const old = new X509Certificate(await textOf(ca, 'intermediate-ca.pem'));
    const vault = ca.file('vault');
    const { request } = await exportRoot(ca.folder, vault);
    const shown = await openssl('req', '-in', request, '-verify', '-noout', '-subject');
    expect(shown).toMatch(/verify OK/i);
    expect(shown).toMatch(/subject=O ?= ?Acme, CN ?= ?Acme Intermediate CA/);
    const imported = await importIntoFolder(ca.folder, await signedByOpenssl(ca, vault), 'new.pem');
    expect(imported).toMatchObject({ kind: 'intermediate certificate', subject: 'CN=Acme Intermediate CA, O=Acme' });
    const now = new X509Certificate(await textOf(ca, 'intermediate-ca.pem'));
    expect(now.serialNumber).not.toBe(old.serialNumber);
    expect(await readdir(ca.file('retired'))).toEqual([`intermediate-ca-${old.serialNumber}.pem`]);
    const after = await issueInFolder(ca.folder, 'client', { commonName: 'new' });
    const root = ['-CAfile', ca.file('root-ca.pem'), '-untrusted', ca.file('intermediate-ca.pem')];
    for (const { leaf } of [before, after])
      expect(await openssl('verify', ...root, await ca.write('leaf.pem', leaf))).toContain(': OK');
    expect((await ca.folder.ledger.read()).get(now.serialNumber)?.profile).toBe('intermediate');
  });

  test('comes back by its key, and by that alone', async () => {
    await using ca = await ownCaFolder();
    await using other = await ownCaFolder({ organization: 'Other' });
    const { key } = await exportRoot(ca.folder, ca.file('vault'));
    await expect(importIntoFolder(ca.folder, await textOf(other, 'root-ca.key'), 'other.key')).rejects.toThrow(
      /other\.key is not the key of CN=Viaduct Root CA, O=Viaduct; nothing was imported/,
    );
    expect(await ca.folder.text('root-ca.key')).toBeUndefined();
    expect(await importIntoFolder(ca.folder, await readFile(key!, 'utf8'), 'root.key')).toMatchObject({
      kind: 'root key',
    });
    expect((await ca.folder.signer('root-ca')).key).toBe(await readFile(key!, 'utf8'));
  });

  test('is exported encrypted as it is, with the passphrase, and nothing is overwritten', async () => {
    await using ca = await ownCaFolder();
    const encrypted = encryptKey(await textOf(ca, 'root-ca.key'), 'passphrase');
    await ca.write('root-ca.key', encrypted);
    const vault = ca.file('vault');
    await expect(exportRoot(ca.folder, vault)).rejects.toThrow(/root-ca\.key is encrypted; give its passphrase/);
    const folder = ca.open({ passphrase: () => Promise.resolve('passphrase') });
    await mkdir(vault);
    await ca.write('vault/root-ca.key', 'precious');
    await expect(exportRoot(folder, vault)).rejects.toThrow(
      /vault\/root-ca\.key cannot be written: it exists, and nothing is overwritten/,
    );
    expect(await textOf(ca, 'root-ca.key')).toBe(encrypted);
    await rm(vault, { recursive: true });
    expect(await readFile((await exportRoot(folder, vault)).key!, 'utf8')).toBe(encrypted);
  });
});

describe('nothing is imported, and everything stays as it was', () => {
  test.each([
    [
      'a certificate that is no CA',
      'basicConstraints=critical,CA:FALSE\n',
      /is no CA certificate; nothing was imported/,
    ],
    [
      'a CA that may not sign',
      'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,cRLSign\n',
      /key usage without keyCertSign/,
    ],
  ])('of %s', async (_what, extensions, sentence) => {
    await using ca = await ownCaFolder();
    await exportRoot(ca.folder, ca.file('vault'));
    const pem = await signedByOpenssl(ca, ca.file('vault'), extensions);
    const before = await textOf(ca, 'intermediate-ca.pem');
    await expect(importIntoFolder(ca.folder, pem, 'new.pem')).rejects.toThrow(sentence);
    expect(await textOf(ca, 'intermediate-ca.pem')).toBe(before);
    expect((await ca.folder.ledger.read()).size).toBe(0);
  });

  test('of an intermediate of another root, of another key, that has ended, or is cut off', async () => {
    await using ca = await ownCaFolder();
    await using other = await ownCaFolder({ organization: 'Other' });
    const before = await textOf(ca, 'intermediate-ca.pem');
    const foreign = await textOf(other, 'intermediate-ca.pem');
    await expect(importIntoFolder(ca.folder, foreign, 'x.pem')).rejects.toThrow(
      /CN=Other Intermediate CA, O=Other was not issued by CN=Viaduct Root CA, O=Viaduct, the root here, but by CN=Other Root CA/,
    );
    await expect(importIntoFolder(ca.folder, await textOf(other, 'root-ca.pem'), 'x.pem')).rejects.toThrow(
      /root-ca\.pem is another root than x\.pem .*; renew it with viaduct pki renew root, or use another folder/,
    );
    const late = ca.open({ now: () => Date.now() + 3_000 * dayMs });
    await expect(importIntoFolder(late, before, 'x.pem')).rejects.toThrow(
      /x\.pem \(.*\) expired on .*; nothing was imported/,
    );
    await expect(importIntoFolder(ca.folder, before.slice(0, 200), 'x.pem')).rejects.toThrow(
      /x\.pem is damaged or cut off/,
    );
    await ca.write('intermediate-ca.key', await textOf(other, 'intermediate-ca.key'));
    await expect(importIntoFolder(ca.folder, before, 'x.pem')).rejects.toThrow(
      /is not of the key in intermediate-ca\.key/,
    );
    expect(await textOf(ca, 'intermediate-ca.pem')).toBe(before);
    expect((await ca.folder.ledger.read()).size).toBe(0);
  });
});

test('a corporate root, of which there is only the certificate, signs the intermediate of an empty folder', async () => {
  await using ca = await ownCaFolder();
  const vault = ca.file('vault');
  await mkdir(vault);
  for (const name of ['intermediate-ca.key', 'intermediate-ca.pem', 'ca-chain.pem', 'root-ca.key', 'root-ca.pem'])
    await rm(ca.file(name));
  const subject = ['-subj', '/C=DE/O=Corp/CN=Corporate Root'];
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', `${vault}/root-ca.key`];
  await openssl('req', '-x509', '-new', ...key, ...subject, '-days', '900', '-out', `${vault}/root-ca.pem`);
  expect((await exportRoot(ca.folder, vault)).key).toBeUndefined();
  const signed = await signedByOpenssl(ca, vault);
  await expect(importIntoFolder(ca.folder, signed, 'new.pem')).rejects.toThrow(/import the root's certificate first/);
  await importIntoFolder(ca.folder, await readFile(`${vault}/root-ca.pem`, 'utf8'), 'root.pem');
  await importIntoFolder(ca.folder, signed, 'new.pem');
  const { cert } = await issueInFolder(ca.folder, 'server', {
    commonName: 'b',
    altNames: [{ type: 'dns', value: 'b' }],
  });
  const path = await ca.write('leaf.pem', cert);
  const chain = ['-CAfile', ca.file('root-ca.pem'), '-untrusted', path];
  expect(await openssl('verify', '-purpose', 'sslserver', ...chain, path)).toContain(': OK');
});
