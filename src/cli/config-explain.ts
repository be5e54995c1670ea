import type { Command } from 'commander';
import { didYouMean } from '../config/closest.ts';
import { type ExplainedField, explainConfig } from '../config/explain.ts';
import { requireConfig } from '../config/load.ts';
import { AppError } from '../kernel/errors.ts';
import { addConfigOptions, type ConfigOptions, loadInputOf } from './config-options.ts';
import { type Io, printJson, printLine } from './io.ts';

interface Options extends ConfigOptions {
  readonly json?: true;
}

/** `config explain [PATH]`: every setting with its value, where that comes from and what it does. */
export function addConfigExplainCommand(parent: Command, io: Io): void {
  const command = parent.command('explain').description('show each value, where it comes from and what it does');
  command.argument('[path]', 'only this setting and those below it, e.g. limits or listeners[0].bind');
  addConfigOptions(command)
    .option('--json', 'print a JSON array')
    .action((path: string | undefined, options: Options) => explain(io, path, options));
}

async function explain(io: Io, path: string | undefined, options: Options): Promise<void> {
  const loaded = await requireConfig(loadInputOf(options, io));
  const fields = explainConfig(loaded, path);
  if (path !== undefined && fields.length === 0) {
    const known = explainConfig(loaded).flatMap((field) => [field.path, field.path.split(/[.[]/)[0]!]);
    throw new AppError('usage', `there is no setting "${path}"${didYouMean(path, new Set(known))}`);
  }
  if (options.json === true) printJson(io.stdout, fields);
  else printLine(io.stdout, fields.map(paragraph).join('\n'));
}

const paragraph = ({ path, value, origin, description, reload }: ExplainedField): string =>
  `${path}: ${value}\n    from ${origin}; ${changes[reload]}\n    ${description}`;

const changes = {
  live: 'a change works at once',
  component: 'a change restarts this part',
  process: 'a change needs a restart',
} as const;
