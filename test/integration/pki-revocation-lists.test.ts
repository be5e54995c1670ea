import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { writeCrls } from '../../src/pki/folder/crl-write.ts';
import { issueInFolder, revokeInFolder } from '../../src/pki/folder/operations.ts';
import { createCrl } from '../../src/pki/revocation/crl.ts';
import { loadCrls } from '../../src/pki/revocation/crl-set.ts';
import { revocationReasons } from '../../src/pki/revocation/reasons.ts';
import { openssl, opensslRefuses } from '../support/openssl.ts';
import { opensslCa } from '../support/openssl-ca.ts';
import { type OwnCaFolder, ownCaFolder } from '../support/own-ca.ts';

const dayMs = 86_400_000;

async function authoritiesOf(ca: OwnCaFolder): Promise<X509Certificate[]> {
  return (await ca.folder.authorities()).map(({ certificate }) => certificate);
}

const load = async (ca: OwnCaFolder, now = Date.now()) =>
  loadCrls({ directory: ca.file('crl'), authorities: await authoritiesOf(ca), now });

describe('openssl reads our revocation lists', () => {
  test('in PEM and in DER, with number, issuer key and reasons, and finds the signature right (RFC 5280 5)', async () => {
    await using ca = await ownCaFolder();
    const serials: string[] = [];
    for (const reason of revocationReasons) {
      const { entry } = await issueInFolder(ca.folder, 'client', { commonName: `pump ${reason}` });
      await revokeInFolder(ca.folder, { serialNumber: entry.serialNumber.toLowerCase() }, reason);
      serials.push(entry.serialNumber);
    }
    const { written } = await writeCrls(ca.folder);
    expect(written.map(({ entries }) => entries)).toEqual([0, revocationReasons.length]);
    const der = ['-inform', 'der', '-in', ca.file('crl/intermediate-ca.crl')];
    for (const form of [['-in', ca.file('crl/intermediate-ca.pem')], der]) {
      const text = await openssl('crl', ...form, '-CAfile', ca.file('ca-chain.pem'), '-noout', '-text');
      expect(text).toContain('verify OK');
      expect(text).toContain('Version 2 (0x1)');
      expect(text).toMatch(/X509v3 CRL Number:\s+\d+/);
      expect(text).toMatch(/X509v3 Authority Key Identifier:/);
      for (const serial of serials) expect(text).toContain(`Serial Number: ${serial}`);
      for (const reason of ['Key Compromise', 'CA Compromise', 'Superseded', 'Certificate Hold', 'Privilege Withdrawn'])
        expect(text).toContain(reason);
    }
    expect(await openssl('asn1parse', ...der)).toContain(':X509v3 CRL Number');
  });

  test('and refuses the revoked certificate only', async () => {
    await using ca = await ownCaFolder();
    const lost = await issueInFolder(ca.folder, 'client', { commonName: 'lost' });
    const kept = await issueInFolder(ca.folder, 'client', { commonName: 'kept' });
    const first = await revokeInFolder(ca.folder, { pem: lost.leaf }, 'key-compromise');
    expect(first).toMatchObject({ wasRevoked: false, entry: { reason: 'key-compromise' } });
    const again = await revokeInFolder(ca.folder, { pem: lost.leaf }, 'superseded');
    expect(again).toMatchObject({ wasRevoked: true, entry: { reason: 'key-compromise' } });
    const [lists, lostFile, keptFile] = [
      await ca.write(
        'lists',
        `${await readFile(ca.file('crl/root-ca.pem'), 'utf8')}${await readFile(ca.file('crl/intermediate-ca.pem'), 'utf8')}`,
      ),
      await ca.write('lost.pem', lost.leaf),
      await ca.write('kept.pem', kept.leaf),
    ];
    const judge = ['verify', '-crl_check_all', '-CRLfile', lists, '-CAfile', ca.file('ca-chain.pem')];
    expect(await openssl(...judge, keptFile)).toContain(': OK');
    expect(await opensslRefuses(...judge, lostFile)).toMatch(/certificate revoked/);
    const crls = await load(ca);
    expect(crls).toMatchObject({ missing: [], warnings: [] });
    expect(crls.lookup(new X509Certificate(lost.leaf))).toMatchObject({ kind: 'revoked', reason: 'key-compromise' });
    expect(crls.lookup(new X509Certificate(kept.leaf))).toEqual({ kind: 'good' });
  });

  test('whose numbers grow, even within a second', async () => {
    await using ca = await ownCaFolder({ folder: { now: () => 1_795_000_000_000 } });
    const numbers: number[] = [];
    for (let count = 0; count < 3; count += 1) numbers.push((await writeCrls(ca.folder)).written[1]!.number);
    expect(numbers).toEqual([1_795_000_000, 1_795_000_001, 1_795_000_002]);
  });
});

describe('lists of another CA, made by openssl', () => {
  test.each(['PEM', 'DER'] as const)('are believed in %s where that CA is known, and not otherwise', async (form) => {
    await using ca = await ownCaFolder();
    await using other = await opensslCa('Foreign');
    const device = await other.issue('foreign-7');
    await other.revoke(device.certFile, 'keyCompromise');
    await mkdir(ca.file('crl'));
    await ca.write(`crl/foreign.${form === 'PEM' ? 'pem' : 'crl'}`, await other.crl(form));
    const certificate = new X509Certificate(device.cert);
    const unknown = await load(ca);
    expect(unknown.lookup(certificate)).toEqual({ kind: 'unknown' });
    expect(unknown.crl).toEqual([]);
    expect(unknown.warnings).toEqual([
      expect.stringMatching(/is of another CA than those known here; put that CA beside/),
    ]);
    const authorities = [...(await authoritiesOf(ca)), new X509Certificate(other.root)];
    const known = await loadCrls({ directory: ca.file('crl'), authorities, now: Date.now() });
    expect(known.lookup(certificate)).toMatchObject({ kind: 'revoked', reason: 'key-compromise' });
    expect(known.missing).toEqual(['CN=Viaduct Root CA, O=Viaduct', 'CN=Viaduct Intermediate CA, O=Viaduct']);
  });
});

describe('a folder of lists', () => {
  test('that is not there has none, and says for which CAs', async () => {
    await using ca = await ownCaFolder();
    expect(await load(ca)).toMatchObject({ crl: [], states: [], warnings: [], expiresAt: undefined });
    expect((await load(ca)).missing).toHaveLength(2);
  });

  test('with damaged, empty and unreadable files warns of each, and believes the sound one', async () => {
    await using ca = await ownCaFolder();
    await writeCrls(ca.folder);
    const sound = await readFile(ca.file('crl/intermediate-ca.crl'));
    await ca.write('crl/cut.pem', (await readFile(ca.file('crl/intermediate-ca.pem'))).subarray(0, 200));
    await ca.write('crl/damaged.crl', sound.subarray(0, -20));
    await ca.write('crl/empty.der', '');
    await mkdir(ca.file('crl/folder.pem'));
    const { warnings, missing } = await load(ca);
    expect(missing).toEqual([]);
    expect(warnings).toEqual([
      expect.stringMatching(/cut\.pem is cut off/),
      expect.stringMatching(/damaged\.crl is no revocation list, or is damaged/),
      expect.stringMatching(/empty\.der is empty/),
      expect.stringMatching(/folder\.pem cannot be read: it is a folder/),
    ]);
  });

  test('keeps what a CA revoked when its list has ended, and when the clock is set back', async () => {
    await using ca = await ownCaFolder();
    const lost = await issueInFolder(ca.folder, 'client', { commonName: 'lost' });
    const kept = await issueInFolder(ca.folder, 'client', { commonName: 'kept' });
    await revokeInFolder(ca.folder, { serialNumber: lost.entry.serialNumber }, 'unspecified');
    for (const [now, state] of [
      [Date.now() + 30 * dayMs, 'expired'],
      [Date.now() - dayMs, 'not-yet-valid'],
    ] as const) {
      const crls = await load(ca, now);
      expect(crls.crl).toEqual([]);
      expect(crls.states.map((one) => one.state)).toEqual([state, state]);
      expect(crls.lists).toHaveLength(2);
      expect(crls.lookup(new X509Certificate(lost.leaf)).kind).toBe('revoked');
      expect(crls.lookup(new X509Certificate(kept.leaf)).kind).toBe('unknown');
    }
  });

  test('uses the newest of several lists of a CA', async () => {
    await using ca = await ownCaFolder();
    await writeCrls(ca.folder);
    await ca.write('crl/a-copy.pem', await readFile(ca.file('crl/intermediate-ca.pem')));
    const { entry, leaf } = await issueInFolder(ca.folder, 'client', { commonName: 'lost' });
    await revokeInFolder(ca.folder, { serialNumber: entry.serialNumber }, 'superseded');
    const crls = await load(ca);
    expect(crls.lookup(new X509Certificate(leaf)).kind).toBe('revoked');
    expect(crls.crl).toHaveLength(2);
  });

  test('takes a list of 30,000 certificates, which is larger than any certificate', async () => {
    await using ca = await ownCaFolder();
    const issuer = await ca.folder.signer('intermediate-ca');
    const now = Date.now();
    const revoked = Array.from({ length: 30_000 }, (_, index) => ({
      serialNumber: `4F${index.toString(16).toUpperCase().padStart(30, '0')}`,
      at: now,
      reason: 'superseded' as const,
    }));
    const der = createCrl({ issuer, revoked, number: 1, thisUpdate: now - 1_000, nextUpdate: now + dayMs });
    expect(der.length).toBeGreaterThan(1_048_576);
    await mkdir(ca.file('crl'));
    await ca.write('crl/intermediate-ca.crl', der);
    const { states, warnings } = await load(ca);
    expect(warnings).toEqual([]);
    expect(states).toEqual([expect.objectContaining({ entries: 30_000, state: 'current' })]);
  });
});

describe('no list is written', () => {
  test('by a CA whose key is away, and the sentence says how to sign; the others are', async () => {
    await using ca = await ownCaFolder();
    await rm(ca.file('root-ca.key'));
    const { written, skipped } = await writeCrls(ca.folder);
    expect(written.map(({ issuer }) => issuer)).toEqual(['CN=Viaduct Intermediate CA, O=Viaduct']);
    expect(skipped).toEqual([
      expect.stringMatching(/root-ca\.key is not there, and only that key can sign as root-ca/),
    ]);
  });

  test('that would be older than the last, after the clock was set back', async () => {
    await using ca = await ownCaFolder();
    await writeCrls(ca.folder);
    const early = await writeCrls(ca.open({ now: () => Date.now() - dayMs }));
    expect(early.written).toEqual([]);
    expect(early.skipped[1]).toMatch(
      /the clock says .*, but .*intermediate-ca\.pem is of .*; set the clock of this machine right/,
    );
  });

  test('for a certificate of another CA, or for one that nobody knows', async () => {
    await using ca = await ownCaFolder();
    await using other = await opensslCa('Foreign');
    const { cert } = await other.issue('foreign-7');
    await expect(revokeInFolder(ca.folder, { pem: cert }, 'superseded')).rejects.toThrow(
      /was issued by .*, not by a CA in .*; ask that CA/,
    );
    await expect(revokeInFolder(ca.folder, { serialNumber: '4F' }, 'superseded')).rejects.toThrow(
      /no certificate with the serial number 4F stands in .*; list them with: viaduct pki list/,
    );
    await expect(revokeInFolder(ca.folder, { pem: cert.slice(0, 100) }, 'superseded')).rejects.toThrow(
      /is damaged or cut off/,
    );
  });
});
