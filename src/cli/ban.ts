import type { Command } from 'commander';
import { addBanAddCommand } from './ban/add.ts';
import { addBanListCommand } from './ban/list.ts';
import { addBanRemoveCommand } from './ban/remove.ts';
import type { Io } from './io.ts';

/** `ban`: keeps the file of `access.bans`; a broker that runs on it takes each change at once. */
export function addBanCommand(program: Command, io: Io): void {
  const ban = program.command('ban').description('keep a file of clients that may not connect (access.bans.file)');
  addBanAddCommand(ban, io);
  addBanRemoveCommand(ban, io);
  addBanListCommand(ban, io);
}
