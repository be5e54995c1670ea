import type { Command } from 'commander';
import { configFileOf, loadConfig } from '../config/load.ts';
import { formatProblem, formatProblems } from '../config/problems.ts';
import type { Config } from '../config/schema.ts';
import { ConfigError } from '../kernel/errors.ts';
import { addConfigOptions, type ConfigOptions, loadInputOf } from './config-options.ts';
import { type Io, printJson, printLine } from './io.ts';

interface Options extends ConfigOptions {
  readonly json?: true;
}

/** `config check [FILE]`: all problems with their places, or one line that says it is fine, and what is odd all the same. */
export function addConfigCheckCommand(parent: Command, io: Io): void {
  const command = parent.command('check').description('list all problems of the configuration, starting nothing');
  command.argument('[file]', 'YAML file; the same as --config');
  addConfigOptions(command)
    .option('--json', 'print one JSON object')
    .action((file: string | undefined, options: Options) => check(io, file, options));
}

async function check(io: Io, file: string | undefined, options: Options): Promise<void> {
  const input = loadInputOf(options, io, file ?? options.config);
  const name = configFileOf(input);
  const loaded = await loadConfig(input).catch((error: unknown) => {
    if (options.json !== true || !(error instanceof ConfigError)) throw error;
    return { kind: 'refused' as const, problems: [{ path: '', message: error.message }] };
  });
  const problems = loaded.kind === 'refused' ? loaded.problems : [];
  if (loaded.kind === 'refused') io.setExitCode(1);
  const warnings = loaded.kind === 'loaded' ? loaded.warnings : [];
  if (options.json === true)
    printJson(io.stdout, { ok: problems.length === 0, file: name ?? null, problems, warnings });
  else if (loaded.kind === 'refused') printLine(io.stderr, formatProblems(problems, name));
  else {
    for (const warning of warnings) printLine(io.stderr, `warning: ${formatProblem(warning)}`);
    printLine(io.stdout, `${name ?? 'no file, defaults'}: ok, ${summary(loaded.config)}`);
  }
}

function summary({ listeners, bridge, nats, store, limits }: Config): string {
  const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
  const server = nats.servers.length === 0 ? 'the embedded NATS hub' : count(nats.servers.length, 'NATS server');
  return `${count(listeners.length, 'listener')}, ${count(bridge.rules.length, 'bridge rule')}, ${server}${outboxNote(bridge, store)}${payloadNote(nats, limits)}`;
}

/** A NATS server says what it takes when it is connected; the log has it then. */
function payloadNote({ servers, hub }: Config['nats'], { packetSize }: Config['limits']): string {
  if (servers.length > 0 || packetSize <= hub.maxPayload) return '';
  return `; limits.packetSize (${packetSize} bytes) is more than nats.hub.maxPayload (${hub.maxPayload}), so larger messages do not get to NATS`;
}

function outboxNote({ rules }: Config['bridge'], { type }: Config['store']): string {
  if (type === 'disk' || !rules.some(({ ack }) => ack === 'nats')) return '';
  return `; store.type: ${type} has no outbox, so rules with ack: nats refuse messages while NATS is away`;
}
