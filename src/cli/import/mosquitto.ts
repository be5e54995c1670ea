import { readdir, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { reading } from './files.ts';
import { importMosquitto } from './mosquitto/import.ts';
import { addImportOptions, type ImportOptions, report } from './report.ts';

/** `import mosquitto FILE --out DIR`: mosquitto.conf with the files that it names. */
export function addImportMosquittoCommand(group: Command, io: Io): void {
  const command = group
    .command('mosquitto')
    .description('mosquitto.conf with its password_file, acl_file, psk_file and dynamic security')
    .argument('<file>', 'mosquitto.conf');
  addImportOptions(command).action((file: string, options: ImportOptions) => run(io, resolve(io.cwd, file), options));
}

async function run(io: Io, file: string, options: ImportOptions): Promise<void> {
  const path = (text: string): string => resolve(dirname(file), text);
  const imported = await importMosquitto(file, {
    path,
    text: (name) => reading(path(name), (whole) => readFile(whole, 'utf8')),
    list: (name) => reading(path(name), (whole) => readdir(whole)),
  });
  await report(io, imported, options);
}
