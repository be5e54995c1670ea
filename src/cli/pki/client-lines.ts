import type { ClientCertificates } from '../../certificates/status.ts';
import { isoTime } from '../../kernel/clock.ts';
import type { LedgerEntry } from '../../pki/folder/ledger.ts';
import { untilText } from './report.ts';

/** Longer lists are cut; `pki list` shows all. */
const maxLines = 20;

/** Client certificates that somebody has to care for, a line each. @param now milliseconds since the epoch. */
export const clientLines = ({ expiring, onOldAuthority }: ClientCertificates, now: number): readonly string[] => [
  ...linesOf('ends soon', expiring, now),
  ...linesOf('of a replaced CA', onOldAuthority, now),
];

function linesOf(what: string, entries: readonly LedgerEntry[], now: number): readonly string[] {
  const lines = entries.slice(0, maxLines).map(({ subject, serialNumber, notAfter, lastSeenAt }) => {
    const seen = lastSeenAt === undefined ? 'never seen' : `last seen ${isoTime(lastSeenAt)}`;
    return `${what}: ${subject} ${serialNumber}, ${untilText(notAfter, now)}, ${seen}`;
  });
  const more = entries.length - lines.length;
  return more === 0 ? lines : [...lines, `${what}: ${more} more; see them all with: viaduct pki list`];
}
