import type { Command } from 'commander';
import { cell } from '../config/markdown.ts';
import { configurationPage, configurationSchema } from '../config/reference.ts';
import { errorMeanings } from '../kernel/error-meanings.ts';
import { errorCodes } from '../kernel/errors.ts';
import { exampleOf } from './examples.ts';

/** All generated pages of docs/reference by file name. @param program as `buildProgram` makes it; its help width is set. */
export const referencePages = (program: Command): ReadonlyMap<string, string> =>
  new Map([
    ['configuration.md', configurationPage()],
    ['config.schema.json', configurationSchema()],
    ['errors.md', errorsPage()],
    ['cli.md', cliPage(program)],
  ]);

function errorsPage(): string {
  const rows = errorCodes.map((code) => `| \`${code}\` | ${cell(errorMeanings[code])} |`);
  return `# Errors

Made from the code by \`npm run docs\`; do not edit. Programs match on the code, never on the message.

| Code | Meaning |
| --- | --- |
${rows.join('\n')}
`;
}

function cliPage(program: Command): string {
  const commands = withCommands(program);
  const parts = commands.map((command) => {
    command.configureHelp({ helpWidth: 110 });
    const example = exampleOf(command);
    const below = example === undefined ? '' : `\n\nExample: ${example}`;
    return `## ${fullName(command)}\n\n\`\`\`text\n${command.helpInformation().trimEnd()}${below}\n\`\`\``;
  });
  return `# Command line

Made from the commands by \`npm run docs\`; do not edit. Exit codes: 0 done, 1 failed, 2 called wrongly.

${parts.join('\n\n')}
`;
}

const withCommands = (command: Command): Command[] => [command, ...command.commands.flatMap(withCommands)];

const fullName = (command: Command): string =>
  command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
