import { resolve } from 'node:path';
import type { Command } from 'commander';
import { whomOf } from '../../auth/bans/ban.ts';
import { changeBanFile } from '../../auth/bans/ban-file.ts';
import { ConfigError } from '../../kernel/errors.ts';
import { type Io, printLine } from '../io.ts';
import { addWhomOptions, banOf, type WhomOptions } from './whom.ts';

/** `ban remove FILE`; exit code 1 where there is no such ban. */
export function addBanRemoveCommand(ban: Command, io: Io): void {
  const command = ban.command('remove').description('let it in again').argument('<file>', 'file of bans');
  addWhomOptions(command).action(async (file: string, options: WhomOptions) => {
    const who = whomOf(banOf(options));
    await changeBanFile(resolve(io.cwd, file), (bans) => {
      const others = bans.filter((one) => whomOf(one) !== who);
      if (others.length === bans.length) throw noBan(file, who);
      return others;
    });
    printLine(io.stdout, `${who} is banned no more in ${file}`);
  });
}

const noBan = (file: string, who: string): ConfigError =>
  new ConfigError('config-invalid', `${who} is not banned in ${file}; viaduct ban list ${file} shows who is`);
