import type { Command } from 'commander';
import { addImportAedesCommand } from './import/aedes-cli.ts';
import { addImportEmqxCommand } from './import/emqx.ts';
import { addImportMosquittoCommand } from './import/mosquitto.ts';
import { addImportNatsCommand } from './import/nats.ts';
import type { Io } from './io.ts';

/** `import`: makes a configuration of another broker's files. */
export function addImportCommand(program: Command, io: Io): void {
  const group = program
    .command('import')
    .description("make a configuration of another broker's files, and say line by line what has no counterpart");
  addImportMosquittoCommand(group, io);
  addImportEmqxCommand(group, io);
  addImportNatsCommand(group, io);
  addImportAedesCommand(group, io);
}
