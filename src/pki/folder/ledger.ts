import { dayMs } from '../../kernel/duration.ts';
import { isRevocationReason, type RevocationReason } from '../revocation/reasons.ts';

/** One certificate that was issued. Times are milliseconds since the epoch. */
export interface LedgerEntry {
  /** Upper-case hex, as certificates show it. */
  readonly serialNumber: string;
  readonly profile: string;
  /** One line, control characters escaped. */
  readonly subject: string;
  readonly names: readonly string[];
  /** SHA-256 of the public key, lower-case hex: the same for all certificates of a key. */
  readonly keyFingerprint: string;
  /** SHA-256 of the certificate, lower-case hex. */
  readonly fingerprint256: string;
  /** SHA-256 of the public key of the CA that issued it. */
  readonly issuerKeyFingerprint: string;
  readonly issuedAt: number;
  /** Who asked: `cli ana`, `first start`, `est token 7`. */
  readonly issuedBy: string;
  readonly notAfter: number;
  readonly revokedAt?: number;
  readonly reason?: RevocationReason;
  /** Serial number of the certificate that took its place. */
  readonly replacedBy?: string;
  readonly lastSeenAt?: number;
}

/** One line of the file. */
export type LedgerChange =
  | { readonly type: 'issued'; readonly entry: LedgerEntry }
  | { readonly type: 'revoked'; readonly serialNumber: string; readonly at: number; readonly reason: RevocationReason }
  | { readonly type: 'replaced'; readonly serialNumber: string; readonly by: string }
  | { readonly type: 'seen'; readonly seen: readonly (readonly [serialNumber: string, at: number])[] };

/** By serial number, the oldest first. */
export type Ledger = ReadonlyMap<string, LedgerEntry>;

/** What the ledger is once the changes are made; changes of certificates that it does not know are passed over. */
export function applyChanges(ledger: Ledger, changes: readonly LedgerChange[]): Ledger {
  const entries = new Map(ledger);
  const update = (serialNumber: string, change: (entry: LedgerEntry) => LedgerEntry): void => {
    const entry = entries.get(serialNumber);
    if (entry !== undefined) entries.set(serialNumber, change(entry));
  };
  for (const change of changes)
    switch (change.type) {
      case 'issued':
        entries.set(change.entry.serialNumber, stillRevoked(change.entry, entries.get(change.entry.serialNumber)));
        break;
      case 'revoked':
        // once and for good: a later line neither moves the date nor takes the reason away
        update(change.serialNumber, (entry) =>
          entry.revokedAt === undefined ? { ...entry, revokedAt: change.at, reason: change.reason } : entry,
        );
        break;
      case 'replaced':
        update(change.serialNumber, (entry) => ({ ...entry, replacedBy: change.by }));
        break;
      case 'seen':
        for (const [serialNumber, at] of change.seen)
          update(serialNumber, (entry) => ({ ...entry, lastSeenAt: Math.max(at, entry.lastSeenAt ?? 0) }));
        break;
    }
  return entries;
}

const stillRevoked = (entry: LedgerEntry, before: LedgerEntry | undefined): LedgerEntry =>
  before?.revokedAt === undefined
    ? entry
    : { ...entry, revokedAt: before.revokedAt, reason: before.reason ?? 'unspecified' };

export const ledgerLine = (change: LedgerChange): string => `${JSON.stringify(change)}\n`;

export interface LedgerText {
  readonly ledger: Ledger;
  readonly lines: number;
  /** The last line has no end: it was cut off while it was written, and what it said was never acknowledged. */
  readonly isTorn: boolean;
}

/** Reads the lines of a ledger. @returns what they say, or the sentence that says which of them is damaged. */
export function parseLedger(text: string): LedgerText | string {
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  const changes: LedgerChange[] = [];
  for (const [index, line] of lines.entries()) {
    const change = parseChange(line);
    if (change === undefined)
      return `is damaged at line ${index + 1}; put a good copy back, or take that line out if nothing else is left`;
    changes.push(change);
  }
  const unended = parseChange(last); // a line that lacks nothing but its end counts: it may say that something is revoked
  if (unended !== undefined) changes.push(unended);
  return { ledger: applyChanges(new Map(), changes), lines: lines.length, isTorn: last !== '' };
}

function parseChange(line: string): LedgerChange | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return isChange(value) ? value : undefined;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isChange(value: unknown): value is LedgerChange {
  if (!isRecord(value)) return false;
  const { type, serialNumber, at, by, seen, reason } = value;
  if (type === 'issued') return isEntry(value['entry']);
  if (type === 'seen') return Array.isArray(seen) && seen.every(isSighting);
  if (typeof serialNumber !== 'string') return false;
  if (type === 'replaced') return typeof by === 'string';
  return type === 'revoked' && isTime(at) && typeof reason === 'string' && isRevocationReason(reason);
}

const isSighting = (value: unknown): boolean =>
  Array.isArray(value) && typeof value[0] === 'string' && isTime(value[1]);

/** JSON has numbers that no date has. */
const isTime = (value: unknown): boolean => typeof value === 'number' && Math.abs(value) <= 8.64e15;

const texts = [
  'serialNumber',
  'profile',
  'subject',
  'keyFingerprint',
  'fingerprint256',
  'issuerKeyFingerprint',
  'issuedBy',
];
const times = ['issuedAt', 'notAfter'];
const optionalTimes = ['revokedAt', 'lastSeenAt'];

function isEntry(value: unknown): value is LedgerEntry {
  if (!isRecord(value)) return false;
  const { names, reason, replacedBy } = value;
  return (
    texts.every((key) => typeof value[key] === 'string') &&
    times.every((key) => isTime(value[key])) &&
    optionalTimes.every((key) => value[key] === undefined || isTime(value[key])) &&
    (replacedBy === undefined || typeof replacedBy === 'string') &&
    (reason === undefined || (typeof reason === 'string' && isRevocationReason(reason))) &&
    Array.isArray(names) &&
    names.every((name) => typeof name === 'string')
  );
}

/** What is kept of certificates that have ended: for questions that come late. */
const keepExpiredMs = 90 * dayMs;

/** The ledger without certificates that ended long ago; a revocation list needs those no more (RFC 5280 3.3). */
export const withoutOld = (ledger: Ledger, now: number): Ledger =>
  new Map([...ledger].filter(([, { notAfter }]) => now - notAfter <= keepExpiredMs));
