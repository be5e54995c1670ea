import type { Command } from 'commander';
import { withoutUser } from '../../auth/passwords/lines.ts';
import { ConfigError } from '../../kernel/errors.ts';
import { type Io, printLine } from '../io.ts';
import { change, tableIn } from './file.ts';

/** `passwd remove FILE USER`; exit code 1 where there is no such user. */
export function addPasswdRemoveCommand(passwd: Command, io: Io): void {
  passwd
    .command('remove')
    .description('take a user out; whoever is connected stays connected')
    .argument('<file>', 'password file')
    .argument('<user>', 'user name')
    .action(async (file: string, user: string) => {
      await change(io, file, (text) => {
        const { hashes, verifiers } = tableIn(file, text);
        if (!hashes.has(user) && !verifiers.has(user)) throw noUser(file, user);
        return withoutUser(text, user);
      });
      printLine(io.stdout, `${user} is removed from ${file}`);
    });
}

const noUser = (file: string, user: string): ConfigError =>
  new ConfigError('config-invalid', `${file} has no user ${user}; viaduct passwd list ${file} shows those that it has`);
