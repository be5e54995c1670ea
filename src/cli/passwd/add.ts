import type { Command } from 'commander';
import { argon2Hash } from '../../auth/passwords/argon2.ts';
import { costOf } from '../../auth/passwords/cost.ts';
import { userProblem, withUser } from '../../auth/passwords/lines.ts';
import { argon2Schema } from '../../auth/passwords/schema.ts';
import { AppError } from '../../kernel/errors.ts';
import { type Io, printLine } from '../io.ts';
import { change, tableIn } from './file.ts';
import { addPasswordOptions, type PasswordOptions, readPassword } from './password.ts';

/** `passwd add FILE USER`: a new user, or another password for one that is there. */
export function addPasswdAddCommand(passwd: Command, io: Io): void {
  const command = passwd
    .command('add')
    .description('add a user, or give one that is there another password; makes the file where there is none')
    .argument('<file>', 'password file')
    .argument('<user>', 'user name');
  addPasswordOptions(command).action((file: string, user: string, options: PasswordOptions) =>
    add(io, file, user, options),
  );
}

async function add(io: Io, file: string, user: string, options: PasswordOptions): Promise<void> {
  const problem = userProblem(user);
  if (problem !== undefined) throw new AppError('usage', problem);
  const password = await readPassword(io, options, { isNew: true });
  const hash = await argon2Hash(password, costOf(argon2Schema.parse(undefined)));
  let isThere = false;
  await change(io, file, (text) => {
    isThere = tableIn(file, text).has(user);
    return withUser(text, { user, hash });
  });
  printLine(io.stdout, isThere ? `${user} has another password in ${file}` : `${user} is added to ${file}`);
}
