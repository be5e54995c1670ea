import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { reading } from './files.ts';
import { importNats } from './nats/import.ts';
import { addImportOptions, type ImportOptions, report } from './report.ts';

/** `import nats FILE --out DIR`: the block `mqtt` of nats-server, with users and permissions. */
export function addImportNatsCommand(group: Command, io: Io): void {
  const command = group
    .command('nats')
    .description('the mqtt block of nats-server.conf, with users, accounts and permissions')
    .argument('<file>', 'nats-server.conf');
  addImportOptions(command).action((file: string, options: ImportOptions) => run(io, resolve(io.cwd, file), options));
}

async function run(io: Io, file: string, options: ImportOptions): Promise<void> {
  const path = (text: string): string => resolve(dirname(file), text);
  const read = (name: string): Promise<string> => reading(path(name), (whole) => readFile(whole, 'utf8'));
  await report(io, await importNats(file, read, path), options);
}
