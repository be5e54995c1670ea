import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { repeatable } from '../config-options.ts';
import type { Io } from '../io.ts';
import { importEmqx } from './emqx/import.ts';
import { reading } from './files.ts';
import { addImportOptions, type ImportOptions, report } from './report.ts';

interface Options extends ImportOptions {
  readonly acl?: string;
  readonly users?: string;
  readonly rules: readonly string[];
}

/** `import emqx [FILE] --acl FILE --users FILE --rules FILE --out DIR`. */
export function addImportEmqxCommand(group: Command, io: Io): void {
  const command = group
    .command('emqx')
    .description('emqx.conf or cluster.hocon of EMQX 5, with acl.conf and what its built-in database has')
    .argument('[file]', 'emqx.conf; left out: its default listeners')
    .option('--acl <file>', 'acl.conf')
    .option(
      '--users <file>',
      'users of the built-in database, JSON or CSV with user_id, password_hash, salt, is_superuser',
    )
    .addOption(repeatable('--rules <file>', 'rules of the built-in database, as its HTTP API lists them'));
  addImportOptions(command).action((file: string | undefined, options: Options) => run(io, file, options));
}

async function run(io: Io, conf: string | undefined, options: Options): Promise<void> {
  const { acl, users, rules } = options;
  const read = (path: string): Promise<string> => reading(resolve(io.cwd, path), (whole) => readFile(whole, 'utf8'));
  await report(io, await importEmqx({ conf, acl, users, rules }, read), options);
}
