import type { Command } from 'commander';
import type { Io } from './io.ts';
import { addPasswdAddCommand } from './passwd/add.ts';
import { addPasswdListCommand } from './passwd/list.ts';
import { addPasswdRemoveCommand } from './passwd/remove.ts';
import { addPasswdVerifyCommand } from './passwd/verify.ts';

/** `passwd`: keeps the file of `access.passwords`; a broker that runs on it takes each change at once. */
export function addPasswdCommand(program: Command, io: Io): void {
  const passwd = program.command('passwd').description('keep a file of users and passwords (access.passwords.file)');
  addPasswdAddCommand(passwd, io);
  addPasswdRemoveCommand(passwd, io);
  addPasswdListCommand(passwd, io);
  addPasswdVerifyCommand(passwd, io);
}
