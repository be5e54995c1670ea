import { isoTime } from '../../kernel/clock.ts';
import { dayMs } from '../../kernel/duration.ts';
import { printable } from '../../kernel/printable.ts';
import type { LedgerEntry } from '../../pki/folder/ledger.ts';
import type { CertificateFacts } from '../../pki/x509/inspect.ts';

/** `until 2027-06-01T00:00:00Z (364 days)`, or that it has ended. */
export function untilText(notAfter: number, now: number): string {
  const days = Math.floor((notAfter - now) / dayMs);
  if (days < 0) return `EXPIRED on ${isoTime(notAfter)}`;
  return `until ${isoTime(notAfter)} (${days} ${days === 1 ? 'day' : 'days'})`;
}

/** Rows of cells as lines with aligned columns; the last column is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  '),
    )
    .join('\n');
}

/** A ledger entry for programs: times as ISO 8601. */
export const entryJson = (entry: LedgerEntry): Readonly<Record<string, unknown>> => ({
  ...entry,
  issuedAt: isoTime(entry.issuedAt),
  notAfter: isoTime(entry.notAfter),
  ...(entry.revokedAt === undefined ? {} : { revokedAt: isoTime(entry.revokedAt) }),
  ...(entry.lastSeenAt === undefined ? {} : { lastSeenAt: isoTime(entry.lastSeenAt) }),
});

/** What a certificate says, for programs. */
export const factsJson = (facts: CertificateFacts): Readonly<Record<string, unknown>> => ({
  ...facts,
  notBefore: isoTime(facts.notBefore),
  notAfter: isoTime(facts.notAfter),
});

/** The same for people, one fact a line. */
export function factsText(facts: CertificateFacts, now: number): string {
  const { allows } = facts;
  const uses = [allows.serverAuth ? 'server' : '', allows.clientAuth ? 'client' : ''].filter((use) => use !== '');
  return table([
    ['subject', printable(facts.subject)],
    ['issuer', printable(facts.issuer)],
    ['serial', facts.serialNumber],
    ['names', facts.names.length === 0 ? 'none' : facts.names.map(printable).join(', ')],
    ['valid', `from ${isoTime(facts.notBefore)} ${untilText(facts.notAfter, now)}`],
    ['key', facts.keyType],
    [
      'kind',
      facts.isCa
        ? `CA${facts.isSelfIssued ? ', self-issued' : ''}`
        : `end certificate for ${uses.join(' and ') || 'neither server nor client'}`,
    ],
    ['sha256', facts.fingerprint256],
  ]);
}
