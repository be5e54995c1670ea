import { expect, test } from 'vitest';
import type { LedgerEntry } from '../../pki/folder/ledger.ts';
import { clientLines } from './client-lines.ts';

const now = Date.UTC(2026, 5, 1);

const entry = (name: string): LedgerEntry => ({
  serialNumber: '4F01',
  profile: 'client',
  subject: `CN=${name}`,
  names: [],
  keyFingerprint: '',
  fingerprint256: '',
  issuerKeyFingerprint: '',
  issuedAt: now,
  issuedBy: 'test',
  notAfter: now + 10 * 86_400_000,
});

test('client certificates that end soon, or are of a replaced CA, have a line each', () => {
  const lines = clientLines(
    { valid: 2, expiring: [entry('pump-7')], onOldAuthority: [{ ...entry('pump-8'), lastSeenAt: now }] },
    now,
  );
  expect(lines).toEqual([
    expect.stringMatching(/^ends soon: CN=pump-7 4F01, .*2026-06-11.*, never seen$/),
    expect.stringMatching(/^of a replaced CA: CN=pump-8 4F01, .*, last seen 2026-06-01T00:00:00Z$/),
  ]);
});

test('of many the first twenty are shown', () => {
  const expiring = Array.from({ length: 25 }, (_, index) => entry(`pump-${index}`));
  const lines = clientLines({ valid: 25, expiring, onOldAuthority: [] }, now);
  expect(lines).toHaveLength(21);
  expect(lines.at(-1)).toBe('ends soon: 5 more; see them all with: viaduct pki list');
});
