import { resolve } from 'node:path';
import type { Command } from 'commander';
import { isStillBanned, whomOf } from '../../auth/bans/ban.ts';
import { changeBanFile } from '../../auth/bans/ban-file.ts';
import { isoTime, systemClock } from '../../kernel/clock.ts';
import { parseDuration } from '../../kernel/duration.ts';
import { AppError } from '../../kernel/errors.ts';
import { type Io, printLine } from '../io.ts';
import { addWhomOptions, banOf, type WhomOptions } from './whom.ts';

interface AddOptions extends WhomOptions {
  readonly for?: string;
  readonly until?: string;
  readonly reason?: string;
}

/** `ban add FILE`: one more, or another end for one that is there. Those that have ended go. */
export function addBanAddCommand(ban: Command, io: Io): void {
  const command = ban
    .command('add')
    .description('ban a client id, user, address or certificate; makes the file where there is none')
    .argument('<file>', 'file of bans');
  addWhomOptions(command)
    .option('--for <duration>', 'how long, e.g. 1h (default: for ever)')
    .option('--until <time>', 'until when, e.g. 2027-01-31T12:00:00Z (default: for ever)')
    .option('--reason <text>', 'why, for the log')
    .action((file: string, options: AddOptions) => add(io, file, options));
}

async function add(io: Io, file: string, { for: duration, until, reason, ...whom }: AddOptions): Promise<void> {
  if (duration !== undefined && until !== undefined) throw new AppError('usage', 'give --for or --until, not both');
  const now = systemClock.now();
  const end = duration === undefined ? until : endAfter(now, duration);
  const ban = banOf(whom, { until: end, reason });
  const who = whomOf(ban);
  await changeBanFile(resolve(io.cwd, file), (bans) => [
    ...bans.filter((one) => whomOf(one) !== who && isStillBanned(one, now)),
    ban,
  ]);
  printLine(io.stdout, `${who} is banned ${end === undefined ? 'for ever' : `until ${end}`} in ${file}`);
}

/** @throws AppError usage */
function endAfter(nowMs: number, duration: string): string {
  const ms = parseDuration(duration);
  const endMs = nowMs + (ms ?? Number.NaN);
  if (endMs <= latestMs) return isoTime(endMs);
  throw new AppError('usage', `--for: "${duration}" is no duration; write a number and s, m, h or d, e.g. 1h`);
}

/** The end of the year 9999, the last that has four digits. */
const latestMs = Date.UTC(9999, 11, 31);
