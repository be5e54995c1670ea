import type { Command } from 'commander';
import { parseHash } from '../../auth/passwords/hash.ts';
import { verifyPassword } from '../../auth/passwords/verify.ts';
import { type Io, printLine } from '../io.ts';
import { passwordTextOf, tableIn } from './file.ts';
import { addPasswordOptions, type PasswordOptions, readPassword } from './password.ts';

/** `passwd verify FILE USER`; exit code 1 where it is another password, or there is no such user. */
export function addPasswdVerifyCommand(passwd: Command, io: Io): void {
  const command = passwd
    .command('verify')
    .description('say whether a password is that of a user; exit code 1 when it is not')
    .argument('<file>', 'password file')
    .argument('<user>', 'user name');
  addPasswordOptions(command).action((file: string, user: string, options: PasswordOptions) =>
    verify(io, file, user, options),
  );
}

async function verify(io: Io, file: string, user: string, options: PasswordOptions): Promise<void> {
  const { hashes, verifiers } = tableIn(file, await passwordTextOf(io, file));
  const text = hashes.get(user) ?? verifiers.get(user);
  const password = await readPassword(io, options, { isNew: false });
  const hash = text === undefined ? undefined : parseHash(text);
  const isRight = typeof hash === 'object' && (await verifyPassword(hash, password));
  if (!isRight) io.setExitCode(1);
  printLine(io.stdout, isRight ? `it is the password of ${user}` : verdictOf(hash === undefined, file, user));
}

const verdictOf = (isUnknown: boolean, file: string, user: string): string =>
  isUnknown ? `${file} has no user ${user}` : `it is not the password of ${user}`;
