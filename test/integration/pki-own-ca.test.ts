import { readFile, rm } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { writeCrls } from '../../src/pki/folder/crl-write.ts';
import { issueInFolder } from '../../src/pki/folder/operations.ts';
import { openssl } from '../support/openssl.ts';
import { type OwnCaFolder, ownCaFolder } from '../support/own-ca.ts';

const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

/** Puts a CA into the folder that was made by openssl alone. @param extensions of the intermediate. */
async function bringCa(ca: OwnCaFolder, extensions: string, key: readonly string[] = ec): Promise<void> {
  const file = (name: string) => ca.file(name);
  for (const name of ['root-ca', 'intermediate-ca']) await rm(file(`${name}.key`));
  const root = [...ec, '-nodes', '-keyout', file('root-ca.key'), '-subj', '/C=DE/O=Acme/CN=Acme Root'];
  await openssl('req', '-x509', '-new', ...root, '-days', '900', '-text', '-out', file('root-ca.pem'));
  const own = [...key, '-nodes', '-keyout', file('intermediate-ca.key'), '-subj', '/O=Acme/CN=Acme Issuing'];
  await openssl('req', '-new', ...own, '-out', file('csr'));
  const signer = ['-CA', file('root-ca.pem'), '-CAkey', file('root-ca.key'), '-CAcreateserial', '-days', '200'];
  const config = await ca.write('ext', extensions);
  await openssl('x509', '-req', '-in', file('csr'), ...signer, '-extfile', config, '-out', file('intermediate-ca.pem'));
}

const basic = 'basicConstraints=critical,CA:TRUE,pathlen:0\n';
const full = `${basic}keyUsage=critical,keyCertSign,cRLSign\n`;

const issue = (ca: OwnCaFolder, kind: 'server' | 'client' = 'client') =>
  issueInFolder(ca.folder, kind, { commonName: 'pump-7', altNames: [{ type: 'dns', value: 'pump-7.example.com' }] });

describe('a CA that was made by the recipes of openssl', () => {
  test.each([
    [
      'RSA without key identifiers',
      `${full}subjectKeyIdentifier=none\nauthorityKeyIdentifier=none\n`,
      ['-newkey', 'rsa:2048'],
    ],
    ['RSA', `${full}subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n`, ['-newkey', 'rsa:2048']],
    ['EC P-384', full, ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384']],
    ['Ed25519', full, ['-newkey', 'ed25519']],
  ])('issues and revokes: %s', async (_what, extensions, key) => {
    await using ca = await ownCaFolder();
    await bringCa(ca, extensions, key);
    const { cert, leaf, entry } = await issue(ca);
    const [path, alone] = [await ca.write('chain.pem', cert), await ca.write('leaf.pem', leaf)];
    const trust = ['-CAfile', ca.file('root-ca.pem'), '-untrusted', path];
    expect(await openssl('verify', '-purpose', 'sslclient', ...trust, alone)).toContain(': OK');
    const { written, skipped } = await writeCrls(ca.folder);
    expect([written.length, skipped]).toEqual([2, []]);
    const lists = `${await readFile(ca.file('crl/root-ca.pem'), 'utf8')}${await readFile(ca.file('crl/intermediate-ca.pem'), 'utf8')}`;
    const checked = ['-crl_check_all', '-CRLfile', await ca.write('lists', lists)];
    expect(await openssl('verify', ...checked, ...trust, alone)).toContain(': OK');
    expect(entry.issuerKeyFingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  test('keeps to the name constraints of its certificate', async () => {
    await using ca = await ownCaFolder();
    await bringCa(ca, `${full}nameConstraints=critical,permitted;DNS:example.com\n`);
    expect((await issue(ca)).entry.names).toEqual(['pump-7.example.com']);
    const other = issueInFolder(ca.folder, 'client', { commonName: 'pump-7.example.org' });
    await expect(other).rejects.toThrow(
      /CN=Acme Issuing.* may not certify the name pump-7\.example\.org \(name constraints\)/,
    );
  });
});

describe('a CA that cannot issue says why', () => {
  test.each([
    ['no CA flag', 'basicConstraints=critical,CA:FALSE\n', /is not a CA certificate and cannot issue others/],
    [
      'no keyCertSign',
      `${basic}keyUsage=critical,cRLSign\n`,
      /may not sign certificates \(key usage without keyCertSign\); have it/,
    ],
    [
      'another use',
      `${full}extendedKeyUsage=serverAuth\n`,
      /may not issue certificates for clientAuth \(extended key usage\)/,
    ],
    [
      'unknown constraints',
      `${full}nameConstraints=critical,permitted;dirName:dn\n[dn]\nO=Acme\n`,
      /limits a kind of name that cannot be/,
    ],
  ])('%s', async (_what, extensions, sentence) => {
    await using ca = await ownCaFolder();
    await bringCa(ca, extensions);
    await expect(issue(ca)).rejects.toThrow(sentence);
    expect((await ca.folder.ledger.read()).size).toBe(0);
  });

  test('a key that can be found out', async () => {
    await using ca = await ownCaFolder();
    await bringCa(ca, full, ['-newkey', 'rsa:1024']);
    await expect(issue(ca)).rejects.toThrow(/the CA cannot be used: its RSA key has 1024 bits; use EC P-256/);
  });

  test('a CA without cRLSign writes no list, and the others do', async () => {
    await using ca = await ownCaFolder();
    await bringCa(ca, `${basic}keyUsage=critical,keyCertSign\n`);
    const { written, skipped } = await writeCrls(ca.folder);
    expect(written.map(({ issuer }) => issuer)).toEqual(['CN=Acme Root, O=Acme, C=DE']);
    expect(skipped).toEqual([
      expect.stringMatching(/no revocation list of CN=Acme Issuing, O=Acme is made: its key usage/),
    ]);
  });
});
