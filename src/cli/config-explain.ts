import { type Command, Option } from 'commander';
import { didYouMean } from '../config/closest.ts';
import { type ExplainedField, explainConfig } from '../config/explain.ts';
import { groupLimits, type LimitGroup, limitHeadings } from '../config/limits.ts';
import { requireConfig } from '../config/load.ts';
import { AppError } from '../kernel/errors.ts';
import type { Limit } from '../kernel/schema.ts';
import { addConfigOptions, type ConfigOptions, loadInputOf } from './config-options.ts';
import { type Io, printJson, printLine } from './io.ts';

interface Options extends ConfigOptions {
  readonly json?: true;
  readonly group?: 'limits';
}

/** `config explain [PATH]`: every setting with its value, where that comes from and what it does. */
export function addConfigExplainCommand(parent: Command, io: Io): void {
  const command = parent.command('explain').description('show each value, where it comes from and what it does');
  command.argument('[path]', 'only this setting and those below it, e.g. limits or listeners[0].bind');
  addConfigOptions(command)
    .addOption(new Option('--group <name>', 'only what bounds work and memory, by whom it bounds').choices(['limits']))
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
  const groups = options.group === 'limits' ? groupLimits(fields) : undefined;
  if (options.json === true) printJson(io.stdout, groups?.flatMap((group) => group.fields) ?? fields);
  else printLine(io.stdout, groups?.map(section).join('\n\n') ?? fields.map(paragraph).join('\n'));
}

const paragraph = ({ path, value, origin, description, reload }: ExplainedField): string =>
  `${path}: ${value}\n    from ${origin}; ${changes[reload]}\n    ${description}`;

const section = ({ bounds, fields }: LimitGroup<ExplainedField>): string =>
  [limitHeadings[bounds], ...fields.map(limitParagraph)].join('\n');

const limitParagraph = (field: ExplainedField & { readonly limit: Limit }): string => {
  const { why, client, metric } = field.limit;
  const counted = metric === undefined ? '' : `\n    counted by ${metric}`;
  return `${paragraph(field)}\n    why: ${why}\n    beyond it: ${client}${counted}`;
};

const changes = {
  live: 'a change works at once',
  component: 'a change restarts this part',
  process: 'a change needs a restart',
} as const;
