import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { importAedesCli } from './aedes-cli/import.ts';
import { reading } from './files.ts';
import { addImportOptions, type ImportOptions, report } from './report.ts';

interface Options extends ImportOptions {
  readonly credentials?: string;
}

/** `import aedes-cli [FILE] --credentials FILE --out DIR`. */
export function addImportAedesCommand(group: Command, io: Io): void {
  const command = group
    .command('aedes-cli')
    .description('settings and credentials of aedes-cli')
    .argument('[file]', 'file of --config, as JSON; left out: its default listener')
    .option('--credentials <file>', 'users, as aedes adduser writes them');
  addImportOptions(command).action((file: string | undefined, options: Options) => run(io, file, options));
}

async function run(io: Io, settings: string | undefined, options: Options): Promise<void> {
  const read = (path: string): Promise<string> => reading(resolve(io.cwd, path), (whole) => readFile(whole, 'utf8'));
  const path = (name: string): string => resolve(io.cwd, dirname(settings ?? '.'), name);
  await report(io, await importAedesCli({ settings, credentials: options.credentials }, read, path), options);
}
