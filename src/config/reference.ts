import { z } from 'zod';
import { checks } from './checks.ts';
import { describe, type Field } from './describe.ts';
import { defaultText, markdownTable } from './markdown.ts';
import { otherVariables } from './names.ts';
import { configSchema } from './schema.ts';
import { metaOf } from './shape.ts';

const changes = { live: 'at once', component: 'restarts this part', process: 'needs a restart' } as const;

function fieldRow(field: Field): string[] {
  const secret = field.isSecret ? ' Shown as `***`.' : '';
  return [
    `\`${field.path}\``,
    field.type,
    defaultText(field),
    `${field.description}${secret}`,
    changes[field.reload],
    field.environment.map((name) => `\`${name}\``).join(' '),
  ];
}

/** The page docs/reference/configuration.md. */
export function configurationPage(): string {
  const fields = describe(configSchema);
  const sections = Object.entries(configSchema.shape).map(([name, schema]) => {
    const rows = fields.filter(({ section }) => section === name).map(fieldRow);
    const head = ['Setting', 'Type', 'Default', 'Meaning', 'A change', 'Environment variable'];
    return `## ${name}\n\n${metaOf(schema).description ?? ''}\n\n${markdownTable(head, rows)}`;
  });
  const variables = [...otherVariables].map(([name, meaning]) => [`\`${name}\``, meaning]);
  return `${[
    '# Configuration',
    'Made from the schemas by `npm run docs`; do not edit.',
    [
      'One YAML file (JSON is YAML too), given with `--config FILE`; without one the defaults below apply.',
      'Defaults < file < environment variables < `--set path=value`. `viaduct config check FILE` lists all problems,',
      '`viaduct config explain` shows each value and where it comes from. Editors check the file with',
      '[config.schema.json](config.schema.json).',
    ].join('\n'),
    [
      '- Durations are a number and `ms`, `s`, `m`, `h` or `d`; sizes a number and `B`, `KiB`, `MiB` or `GiB`.',
      '- A variable is `VIADUCT_` and the path in capitals, its steps joined by `_`, positions in lists from 0:',
      '  `limits.packetSize` is `VIADUCT_LIMITS_PACKETSIZE`, `listeners[0].bind` is `VIADUCT_LISTENERS_0_BIND`.',
      '- Variables and `--set` take text as it stands, `a,b` for a list of texts, and YAML on one line for the rest.',
      '  The position after the last one of a list adds an entry. An empty variable counts as unset.',
      '- A variable with the prefix that is no setting is a problem, so that no misspelling goes unnoticed. Names that',
      '  Kubernetes makes for a service called `viaduct` are let pass, and so are those that a secret refers to.',
      '- Secrets stand in a file or a variable: `{ file: PATH }` or `{ env: NAME }`.',
    ].join('\n'),
    [
      'A change of the file is taken over while the broker runs, by itself (`reload.watch`) and at SIGHUP: `at once`, or with a',
      'restart of the part that it belongs to. What `needs a restart` is named in the log and waits for it.',
      '[operations](../operations.md) tells how.',
    ].join('\n'),
    ...sections,
    '## Rules between settings',
    checks.map(({ rule }) => `- ${rule}`).join('\n'),
    '## Other variables',
    markdownTable(['Variable', 'Meaning'], variables),
  ].join('\n\n')}\n`;
}

/** The JSON Schema of a configuration file, for editors. */
export function configurationSchema(): string {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      delete jsonSchema['reload'];
      delete jsonSchema['secret'];
      delete jsonSchema['limit'];
    },
  });
  return `${JSON.stringify({ title: 'Viaduct configuration', ...schema }, undefined, 2)}\n`;
}
