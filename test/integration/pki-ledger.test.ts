import { appendFile, readFile, stat } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { LedgerChange, LedgerEntry } from '../../src/pki/folder/ledger.ts';
import { type LedgerFile, ledgerFile } from '../../src/pki/folder/ledger-file.ts';
import { issueInFolder } from '../../src/pki/folder/operations.ts';
import { seenRecorder } from '../../src/pki/folder/seen.ts';
import { ownCaFolder } from '../support/own-ca.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const ledgerName = 'ledger.jsonl';

const now = Date.UTC(2026, 5, 1);
const dayMs = 86_400_000;

const issued = (serialNumber: string, more: Partial<LedgerEntry> = {}): LedgerChange => ({
  type: 'issued',
  entry: {
    serialNumber,
    profile: 'client',
    subject: `CN=${serialNumber}`,
    names: [],
    keyFingerprint: '',
    fingerprint256: '',
    issuerKeyFingerprint: '',
    issuedAt: now,
    issuedBy: 'test',
    notAfter: now + dayMs,
    ...more,
  },
});

const add = (ledger: LedgerFile, ...changes: LedgerChange[]): Promise<void> =>
  ledger.change(() => ({ changes, result: undefined }));
const serials = async (ledger: LedgerFile): Promise<string[]> => [...(await ledger.read()).keys()];

describe('the ledger of a folder', () => {
  test('grows by a line at its end, for the owner only, and is read by others at once', async () => {
    await using temporary = await temporaryDirectory();
    const one = ledgerFile(temporary.path, () => now);
    const other = ledgerFile(temporary.path, () => now);
    expect(await other.read()).toEqual(new Map());
    await add(one, issued('4A'));
    const before = await readFile(one.path, 'utf8');
    expect((await stat(one.path)).mode & 0o777).toBe(0o600);
    expect(await serials(other)).toEqual(['4A']);
    await add(other, { type: 'revoked', serialNumber: '4A', at: now, reason: 'superseded' });
    expect((await readFile(one.path, 'utf8')).startsWith(before)).toBe(true);
    expect((await one.read()).get('4A')).toMatchObject({ revokedAt: now, reason: 'superseded' });
  });

  test('survives a last line that was cut off, and writes it away with the next change', async () => {
    await using temporary = await temporaryDirectory();
    const ledger = ledgerFile(temporary.path, () => now);
    await add(ledger, issued('4A'));
    await appendFile(ledger.path, '{"type":"issued","entry":{"serialN');
    expect(await serials(ledger)).toEqual(['4A']);
    await add(ledger, issued('4B'));
    expect(await serials(ledgerFile(temporary.path, () => now))).toEqual(['4A', '4B']);
    expect(await readFile(ledger.path, 'utf8')).not.toContain('"serialN\n');
  });

  test('keeps a revocation whose line lacks nothing but its end', async () => {
    await using temporary = await temporaryDirectory();
    const ledger = ledgerFile(temporary.path, () => now);
    await add(ledger, issued('4A'));
    await appendFile(
      ledger.path,
      JSON.stringify({ type: 'revoked', serialNumber: '4A', at: now, reason: 'superseded' }),
    );
    await add(ledger, issued('4B'));
    expect((await ledgerFile(temporary.path, () => now).read()).get('4A')?.revokedAt).toBe(now);
  });

  test('that is damaged in the middle is not used, and nothing is issued', async () => {
    await using ca = await ownCaFolder();
    await issueInFolder(ca.folder, 'client', { commonName: 'a' });
    const text = await readFile(ca.file(ledgerName), 'utf8');
    await ca.write(ledgerName, `${text.replace('"type":"issued"', '"type":"issue"')}${text}`);
    const refused = issueInFolder(ca.open(), 'client', { commonName: 'b' });
    await expect(refused).rejects.toMatchObject({ code: 'ledger-damaged' });
    await expect(refused).rejects.toThrow(
      /ledger\.jsonl cannot be used: it is damaged at line 1; put a good copy back/,
    );
  });

  test('takes every certificate of several writers at once', async () => {
    await using ca = await ownCaFolder();
    const folders = [1, 2, 3, 4].map(() => ca.open());
    const made = await Promise.all(
      folders.flatMap((folder, index) =>
        [1, 2, 3].map((count) => issueInFolder(folder, 'client', { commonName: `pump-${index}-${count}` })),
      ),
    );
    const known = await ca.folder.ledger.read();
    expect([...known.keys()].sort()).toEqual(made.map(({ entry }) => entry.serialNumber).sort());
    expect(known.size).toBe(12);
  });

  test('is written anew without old lines, once there are many', async () => {
    await using temporary = await temporaryDirectory();
    const limits = { maxEntries: 100, maxBytes: 1_000_000, maxSpareLines: 5 };
    const ledger = ledgerFile(temporary.path, () => now, limits);
    await add(ledger, issued('4A'), issued('4B', { issuedAt: 0, notAfter: now - 91 * dayMs }));
    for (let at = 1; at <= 6; at += 1) await add(ledger, { type: 'seen', seen: [['4A', now + at]] });
    expect((await readFile(ledger.path, 'utf8')).trim().split('\n')).toHaveLength(1);
    expect([...(await ledger.read()).values()]).toEqual([
      expect.objectContaining({ serialNumber: '4A', lastSeenAt: now + 6 }),
    ]);
  });

  test('that is full, or larger than is read, says so and takes no more', async () => {
    await using temporary = await temporaryDirectory();
    const limits = { maxEntries: 2, maxBytes: 2_000, maxSpareLines: 100 };
    const ledger = ledgerFile(temporary.path, () => now, limits);
    await add(ledger, issued('4A'), issued('4B'));
    await expect(add(ledger, issued('4C'))).rejects.toThrow(
      /is full: it holds 2 certificates that count; issue shorter-lived/,
    );
    await add(ledger, { type: 'revoked', serialNumber: '4A', at: now, reason: 'superseded' }); // which always works
    expect(await serials(ledger)).toEqual(['4A', '4B']);
    await appendFile(ledger.path, `${' '.repeat(2_000)}\n`);
    await expect(ledger.read()).rejects.toThrow(/cannot be used: it has \d+ bytes; at most 2000 are read/);
  });

  test('is not written with a clock that was set back', async () => {
    await using ca = await ownCaFolder({ folder: { now: () => now } });
    await issueInFolder(ca.folder, 'client', { commonName: 'a', notAfter: now + dayMs });
    const early = issueInFolder(ca.open({ now: () => now - dayMs }), 'client', { commonName: 'b' });
    await expect(early).rejects.toThrow(
      /the clock says 2026-05-31.*, but the ledger .* has an entry of 2026-06-01.*; set the clock of this machine right/,
    );
    expect((await ca.folder.ledger.read()).size).toBe(1);
  });
});

describe('the times of use', () => {
  test('are collected and written as one line, for certificates of this CA only', async () => {
    await using temporary = await temporaryDirectory();
    const ledger = ledgerFile(temporary.path, () => now);
    await add(ledger, issued('4A'), issued('4B'));
    const recorder = seenRecorder(ledger);
    for (const [serial, at] of [
      ['4A', 5],
      ['4A', 9],
      ['4A', 7],
      ['4F', 6],
    ] as const)
      recorder.noteSeen(serial, at);
    await recorder.flush();
    await recorder.flush();
    expect((await readFile(ledger.path, 'utf8')).trim().split('\n')).toHaveLength(3);
    expect((await ledger.read()).get('4A')?.lastSeenAt).toBe(9);
    expect((await ledger.read()).get('4B')).not.toHaveProperty('lastSeenAt');
  });

  test('stay collected where they cannot be written', async () => {
    await using temporary = await temporaryDirectory();
    const clock = { now };
    const ledger = ledgerFile(temporary.path, () => clock.now);
    await add(ledger, issued('4A'));
    const recorder = seenRecorder(ledger);
    recorder.noteSeen('4A', 5);
    clock.now -= dayMs;
    await expect(recorder.flush()).rejects.toMatchObject({ code: 'issuing-refused' });
    clock.now += dayMs;
    await recorder.flush();
    expect((await ledger.read()).get('4A')?.lastSeenAt).toBe(5);
  });
});
