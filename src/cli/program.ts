import { Command, CommanderError } from 'commander';
import { version } from '../app/version.ts';
import { AppError, messageOf } from '../kernel/errors.ts';
import { addConfigCheckCommand } from './config-check.ts';
import { addConfigExplainCommand } from './config-explain.ts';
import { addDoctorCommand } from './doctor.ts';
import { type Io, printLine } from './io.ts';
import { addPkiCommand } from './pki.ts';
import { addPubCommand } from './pub.ts';
import { addServeCommand } from './serve.ts';
import { addStoreCommand } from './store.ts';
import { addSubCommand } from './sub.ts';
import { addTopicCommand } from './topic.ts';

/** Puts all commands together. Each file of this folder adds one. */
export function buildProgram(io: Io): Command {
  const program = new Command('viaduct')
    .description(
      'An MQTT-over-TLS broker that is also a bridge to NATS. Without a command it runs the broker: viaduct serve.',
    )
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'explain the command')
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .exitOverride()
    .showHelpAfterError('(--help explains the command)');
  addServeCommand(program, io);
  const config = program.command('config').description('check and explain the configuration');
  addConfigCheckCommand(config, io);
  addConfigExplainCommand(config, io);
  addPubCommand(program, io);
  addSubCommand(program, io);
  addTopicCommand(program, io);
  addPkiCommand(program, io);
  addStoreCommand(program, io);
  addDoctorCommand(program, io);
  return program;
}

/** Runs one command line. Errors end as one message and an exit code, never as a stack trace of the user's mistake. */
export async function runCli(args: readonly string[], io: Io): Promise<void> {
  try {
    await buildProgram(io).parseAsync([...withDefaultCommand(args)], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      io.setExitCode(error.exitCode === 0 ? 0 : 2);
      return;
    }
    const isExpected = error instanceof AppError;
    printLine(io.stderr, isExpected || !(error instanceof Error) ? messageOf(error) : `defect: ${error.stack}`);
    io.setExitCode(isExpected && error.code === 'usage' ? 2 : 1);
  }
}

/** `viaduct` and `viaduct --config FILE` mean `viaduct serve ...`; a mistyped command stays one. */
function withDefaultCommand(args: readonly string[]): readonly string[] {
  const first = args[0];
  const isOwn = first !== undefined && (!first.startsWith('-') || ['-h', '--help', '--version'].includes(first));
  return isOwn ? args : ['serve', ...args];
}
