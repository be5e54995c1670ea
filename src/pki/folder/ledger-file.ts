import { appendFile, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isoTime } from '../../kernel/clock.ts';
import { AppError, messageOf, systemCode } from '../../kernel/errors.ts';
import { replaceFile } from '../../kernel/files.ts';
import { issuingRefused } from '../issue/issuing-rules.ts';
import {
  applyChanges,
  type Ledger,
  type LedgerChange,
  type LedgerEntry,
  ledgerLine,
  parseLedger,
  withoutOld,
} from './ledger.ts';
import { whileMaking } from './publish.ts';

/** Beside the keys of the CA, in the certificates directory. */
const ledgerName = 'ledger.jsonl';

export interface LedgerLimits {
  /** Certificates that are not long expired; beyond this nothing more is issued. */
  readonly maxEntries: number;
  /** Larger files are not read. */
  readonly maxBytes: number;
  /** Lines that say nothing new before the file is written anew without them. */
  readonly maxSpareLines: number;
}

const defaultLimits: LedgerLimits = { maxEntries: 200_000, maxBytes: 268_435_456, maxSpareLines: 10_000 };

/** How far a clock may lie behind the newest line: what clocks of one machine do among themselves. */
const clockToleranceMs = 300_000;

/** The ledger of a certificates directory, on the disk. One process at a time writes it. */
export interface LedgerFile {
  readonly path: string;
  /** @throws AppError `ledger-damaged`. */
  read(): Promise<Ledger>;
  /**
   * Runs a task that decides by the ledger what to change, with every other writer kept off, and writes the changes.
   * @throws AppError `ledger-damaged`, `issuing-refused` where it is full or the clock was set back; StartError `certificate-unwritable`.
   */
  change<T>(task: (ledger: Ledger) => Promise<LedgerOutcome<T>> | LedgerOutcome<T>): Promise<T>;
  /** The same for who has the lock of the directory already. */
  changeHeld<T>(task: (ledger: Ledger) => Promise<LedgerOutcome<T>> | LedgerOutcome<T>): Promise<T>;
}

export interface LedgerOutcome<T> {
  readonly changes: readonly LedgerChange[];
  readonly result: T;
}

/** @param directory absolute path. @param now milliseconds since the epoch. */
export function ledgerFile(directory: string, now: () => number, limits: LedgerLimits = defaultLimits): LedgerFile {
  const path = join(directory, ledgerName);
  let known: (LedgerState & { readonly stamp: string }) | undefined;

  const load = async (): Promise<LedgerState> => {
    const stamp = await stampOf(path);
    if (stamp === undefined) return { ledger: new Map(), lines: 0, isTorn: false };
    if (known?.stamp !== stamp) known = { ...(await readLedger(path, limits)), stamp };
    return known;
  };

  const changeHeld: LedgerFile['changeHeld'] = async (task) => {
    const before = await load();
    requireClock(before.ledger, now(), path);
    const { changes, result } = await task(before.ledger);
    if (changes.length === 0) return result;
    const ledger = applyChanges(before.ledger, changes);
    if (changes.some(({ type }) => type === 'issued')) requireSpace(ledger, now(), limits, path);
    const spare = before.lines + changes.length - ledger.size;
    const isRewritten = before.isTorn || spare > limits.maxSpareLines;
    const kept = isRewritten ? withoutOld(ledger, now()) : ledger;
    known = undefined;
    if (isRewritten) await replaceFile(path, [...kept.values()].map(lineOf).join(''), 0o600);
    else await appendFile(path, changes.map(ledgerLine).join(''), { mode: 0o600, flush: true });
    const stamp = await stampOf(path); // nobody else writes now, so what is known need not be read again
    const lines = isRewritten ? kept.size : before.lines + changes.length;
    if (stamp !== undefined) known = { ledger: kept, lines, isTorn: false, stamp };
    return result;
  };

  return {
    path,
    read: async () => (await load()).ledger,
    change: async (task) => {
      await load(); // a large one takes seconds, which is too long for holding others off
      return whileMaking(directory, () => changeHeld(task));
    },
    changeHeld,
  };
}

interface LedgerState {
  readonly ledger: Ledger;
  readonly lines: number;
  readonly isTorn: boolean;
}

async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw unreadable(path, messageOf(cause));
  }
}

async function readLedger(path: string, { maxBytes }: LedgerLimits): Promise<LedgerState> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw unreadable(path, messageOf(cause));
  });
  try {
    const { size } = await file.stat();
    if (size > maxBytes) throw unreadable(path, `it has ${size} bytes; at most ${maxBytes} are read`);
    const parsed = parseLedger(await file.readFile('utf8'));
    if (typeof parsed === 'string') throw unreadable(path, `it ${parsed}`);
    return parsed;
  } finally {
    await file.close();
  }
}

const unreadable = (path: string, reason: string): AppError =>
  new AppError('ledger-damaged', `the ledger ${path} cannot be used: ${reason}`, { details: { path } });

const lineOf = (entry: LedgerEntry): string => ledgerLine({ type: 'issued', entry });

/** A clock that was set back would issue certificates and lists that count as older than what they replace. */
function requireClock(ledger: Ledger, now: number, path: string): void {
  let newest = 0;
  for (const { issuedAt, revokedAt } of ledger.values()) newest = Math.max(newest, issuedAt, revokedAt ?? 0);
  if (now >= newest - clockToleranceMs) return;
  throw issuingRefused(
    'clock',
    `the clock says ${isoTime(now)}, but the ledger ${path} has an entry of ${isoTime(newest)}; set the clock of this machine right, or take that entry out if it was made by a wrong clock`,
  );
}

function requireSpace(ledger: Ledger, now: number, { maxEntries }: LedgerLimits, path: string): void {
  if (ledger.size <= maxEntries || withoutOld(ledger, now).size <= maxEntries) return;
  throw issuingRefused(
    'ledger-full',
    `the ledger ${path} is full: it holds ${maxEntries} certificates that count; issue shorter-lived ones or start another intermediate`,
  );
}
