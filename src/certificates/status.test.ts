import { expect, test } from 'vitest';
import type { LedgerEntry } from '../pki/folder/ledger.ts';
import { certificateStatus, clientCertificates, endingOf, noClients } from './status.ts';
import { clientsPayload } from './status-topics.ts';

const dayMs = 86_400_000;
const now = Date.UTC(2026, 5, 1);

const entry = (name: string, daysLeft: number, more: Partial<LedgerEntry> = {}): LedgerEntry => ({
  serialNumber: name.toUpperCase(),
  profile: 'client',
  subject: `CN=${name}`,
  names: [],
  keyFingerprint: name,
  fingerprint256: name,
  issuerKeyFingerprint: 'current',
  issuedAt: now + (daysLeft - 365) * dayMs,
  issuedBy: 'test',
  notAfter: now + daysLeft * dayMs,
  ...more,
});

const clientsOf = (...entries: LedgerEntry[]) =>
  clientCertificates(new Map(entries.map((one) => [one.serialNumber, one])), new Set(['current']), now);
const names = (entries: readonly LedgerEntry[]) => entries.map(({ subject }) => subject);

test('client certificates that end soon are listed, the first to end at the front; what counts no longer is not', () => {
  const { valid, expiring, onOldAuthority } = clientsOf(
    entry('soon', 20),
    entry('sooner', 2),
    entry('later', 31),
    entry('ended', -1),
    entry('revoked', 5, { revokedAt: now, reason: 'superseded' }),
    entry('renewed', 5, { replacedBy: 'LATER' }),
    entry('server', 5, { profile: 'server' }),
    entry('old', 200, { issuerKeyFingerprint: 'retired' }),
  );
  expect(valid).toBe(4);
  expect(names(expiring)).toEqual(['CN=sooner', 'CN=soon']);
  expect(names(onOldAuthority)).toEqual(['CN=old']);
});

test('a topic lists at most a hundred of them, and says how many there are', () => {
  const many = Array.from({ length: 150 }, (_, index) => entry(`d${index}`, 20, { lastSeenAt: now }));
  const { expiring } = clientsPayload(clientsOf(...many));
  expect(expiring.count).toBe(150);
  expect(expiring.first).toHaveLength(100);
  expect(expiring.first[0]).toEqual({
    subject: 'CN=d0',
    serialNumber: 'D0',
    notAfter: '2026-06-21T00:00:00Z',
    lastSeen: '2026-06-01T00:00:00Z',
  });
});

test('revocation lists are watched for their end as certificates are', () => {
  const list = { file: 'crl/fleet.crl', issuer: 'CN=Fleet', entries: 3, state: 'current', thisUpdate: now };
  const status = { now, certificates: [], clients: noClients };
  expect(endingOf({ ...status, revocationLists: [{ ...list, nextUpdate: now + dayMs }] })).toEqual([
    { file: 'crl/fleet.crl', subject: 'revocation list of CN=Fleet', notBefore: now, notAfter: now + dayMs },
  ]);
  expect(endingOf({ ...status, revocationLists: [{ ...list, nextUpdate: undefined }] })).toEqual([]);
});

test('before the start there is nothing', () => {
  expect(certificateStatus(undefined, noClients, now)).toEqual({
    now,
    certificates: [],
    revocationLists: [],
    clients: noClients,
  });
});
