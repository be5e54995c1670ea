import type { Command } from 'commander';
import { hashFormOf } from '../../auth/passwords/hash.ts';
import { type Io, printJson, printLine } from '../io.ts';
import { passwordTextOf, tableIn } from './file.ts';

/** `passwd list FILE`: the users and the form of their hashes, never the hashes. */
export function addPasswdListCommand(passwd: Command, io: Io): void {
  passwd
    .command('list')
    .description('print the users, and in which form each password is kept')
    .argument('<file>', 'password file')
    .option('--json', 'print a JSON array')
    .action(async (file: string, { json }: { readonly json?: true }) => {
      const { hashes, verifiers } = tableIn(file, await passwordTextOf(io, file));
      const users = [...hashes, ...verifiers].map(([user, hash]) => ({ user, form: hashFormOf(hash) }));
      if (json === true) printJson(io.stdout, users);
      else for (const { user, form } of users) printLine(io.stdout, `${user}\t${form}`);
    });
}
