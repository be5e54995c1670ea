import type { Command } from 'commander';
import { addConfigCheckCommand } from './config-check.ts';
import { addConfigExplainCommand } from './config-explain.ts';
import type { Io } from './io.ts';

/** `config`: looks at the configuration without starting the broker. */
export function addConfigCommand(program: Command, io: Io): void {
  const config = program.command('config').description('check and explain the configuration');
  addConfigCheckCommand(config, io);
  addConfigExplainCommand(config, io);
}
