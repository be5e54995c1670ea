import type { Command } from 'commander';
import { codecOptions } from '../bridge/mapping/codec-options.ts';
import { type Explanation, explainSubject, explainTopic, type RuleVerdict } from '../bridge/mapping/explain.ts';
import { compileRules } from '../bridge/mapping/rules.ts';
import { requireConfig } from '../config/load.ts';
import { AppError } from '../kernel/errors.ts';
import { addConfigOptions, type ConfigOptions, loadInputOf } from './config-options.ts';
import { type Io, printJson, printLine } from './io.ts';

interface Options extends ConfigOptions {
  readonly subject?: string;
  readonly json?: true;
}

/** `topic TOPIC` and `topic --subject SUBJECT`: the name on the other side, and what each bridge rule makes of it. */
export function addTopicCommand(program: Command, io: Io): void {
  const command = program
    .command('topic')
    .description('show the NATS subject of a topic, and which bridge rules take it');
  command.argument('[topic]', 'MQTT topic').option('--subject <subject>', 'start from a NATS subject instead');
  addConfigOptions(command)
    .option('--json', 'print one JSON object')
    .action((topic: string | undefined, options: Options) => show(io, topic, options));
}

async function show(io: Io, topic: string | undefined, options: Options): Promise<void> {
  const { subject } = options;
  if ((topic === undefined) === (subject === undefined))
    throw new AppError('usage', 'give a topic, or --subject and a subject');
  const { bridge } = (await requireConfig(loadInputOf(options, io))).config;
  const rules = compileRules(bridge);
  const codec = codecOptions(bridge.codec);
  const explanation =
    subject === undefined ? explainTopic(rules, topic ?? '', codec) : explainSubject(rules, subject, codec);
  const [from, to] = subject === undefined ? (['topic', 'subject'] as const) : (['subject', 'topic'] as const);
  if (options.json === true) printJson(io.stdout, { from, ...explanation });
  else printLine(io.stdout, text(explanation, from, to));
}

function text({ input, codec, rules }: Explanation, from: string, to: string): string {
  const spelled = codec.kind === 'mapped' ? codec.value : `none: ${codec.message}`;
  const taken = rules.some(({ crosses }) => crosses) ? [] : [nothingCrosses(rules.length, from)];
  return [`${from.padEnd(8)} ${input}`, `${to.padEnd(8)} ${spelled}`, ...rules.map(verdict), ...taken].join('\n');
}

const nothingCrosses = (rules: number, from: string): string =>
  rules === 0
    ? 'no bridge rules: nothing crosses'
    : `no rule takes this ${from}: it does not cross; add one to bridge.rules to let it`;

const arrows = { both: '<->', 'to-nats': '->', 'from-nats': '<-' } as const;

const verdict = ({ rule, topic, subject, direction, why }: RuleVerdict): string =>
  `rule     ${rule}: ${topic} ${arrows[direction]} ${subject} (${direction})\n         ${why}`;
