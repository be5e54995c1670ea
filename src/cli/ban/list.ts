import { resolve } from 'node:path';
import type { Command } from 'commander';
import { isStillBanned, whomOf } from '../../auth/bans/ban.ts';
import { readBanFile } from '../../auth/bans/ban-file.ts';
import type { Ban } from '../../auth/bans/schema.ts';
import { systemClock } from '../../kernel/clock.ts';
import { type Io, printJson, printLine } from '../io.ts';

/** `ban list FILE`: who may not connect, until when and why. */
export function addBanListCommand(ban: Command, io: Io): void {
  ban
    .command('list')
    .description('print who is banned, until when and why')
    .argument('<file>', 'file of bans')
    .option('--json', 'print a JSON array')
    .action(async (file: string, { json }: { readonly json?: true }) => {
      const bans = await readBanFile(resolve(io.cwd, file));
      if (json === true) printJson(io.stdout, bans);
      else for (const one of bans) printLine(io.stdout, lineOf(one));
    });
}

function lineOf(ban: Ban): string {
  const { until, reason = '' } = ban;
  const end =
    until === undefined ? 'for ever' : `${isStillBanned(ban, systemClock.now()) ? 'until' : 'ended'} ${until}`;
  return [whomOf(ban), end, reason].join('\t').trimEnd();
}
