import type { Command } from 'commander';
import { isoTime } from '../../kernel/clock.ts';
import type { LedgerEntry } from '../../pki/folder/ledger.ts';
import { type Io, printJson, printLine } from '../io.ts';
import { addPkiOptions, lifetimeMs, openPki, type PkiOptions } from './options.ts';
import { entryJson, table } from './report.ts';

interface Options extends PkiOptions {
  readonly expiring?: string;
  readonly revoked?: true;
  readonly subject?: string;
}

/** `pki list`: the certificates in the ledger. */
export function addListCommand(pki: Command, io: Io): void {
  const command = pki
    .command('list')
    .description('list the certificates that were issued here')
    .option('--expiring <duration>', 'those that are in use and end within this time, e.g. 30d')
    .option('--revoked', 'those that are revoked')
    .option('--subject <text>', 'those whose subject or names hold this text');
  addPkiOptions(command).action((options: Options) => list(io, options));
}

async function list(io: Io, options: Options): Promise<void> {
  const { folder } = await openPki(options, io);
  const now = folder.options.now();
  const before = options.expiring === undefined ? undefined : now + lifetimeMs(options.expiring, '--expiring');
  const entries = [...(await folder.ledger.read()).values()].filter(
    (entry) =>
      (options.revoked === undefined || entry.revokedAt !== undefined) &&
      (before === undefined || (stateOf(entry, now) === 'valid' && entry.notAfter < before)) &&
      (options.subject === undefined ||
        [entry.subject, ...entry.names].some((text) => text.includes(options.subject ?? ''))),
  );
  if (options.json === true) {
    printJson(io.stdout, {
      certificates: entries.map((entry) => ({ ...entryJson(entry), state: stateOf(entry, now) })),
    });
    return;
  }
  if (entries.length === 0) printLine(io.stdout, 'no certificates');
  else
    printLine(
      io.stdout,
      table([
        ['SERIAL', 'PROFILE', 'STATE', 'NOT AFTER', 'LAST SEEN', 'ISSUED BY', 'SUBJECT'],
        ...entries.map((entry) => [
          entry.serialNumber,
          entry.profile,
          stateOf(entry, now),
          isoTime(entry.notAfter),
          entry.lastSeenAt === undefined ? '-' : isoTime(entry.lastSeenAt),
          entry.issuedBy,
          entry.subject,
        ]),
      ]),
    );
}

function stateOf(
  { notAfter, revokedAt, replacedBy }: LedgerEntry,
  now: number,
): 'revoked' | 'expired' | 'replaced' | 'valid' {
  if (revokedAt !== undefined) return 'revoked';
  if (notAfter < now) return 'expired';
  return replacedBy === undefined ? 'valid' : 'replaced';
}
