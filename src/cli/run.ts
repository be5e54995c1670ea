import { type Command, CommanderError } from 'commander';
import { AppError, messageOf } from '../kernel/errors.ts';
import { commands } from './commands.ts';
import { type Io, printLine } from './io.ts';
import { buildProgram } from './program.ts';

/** Runs one command line. Errors end as one message and an exit code, never as a stack trace of the user's mistake. */
export async function runCli(args: readonly string[], io: Io): Promise<void> {
  const line = withDefaultCommand(args);
  try {
    refuseHost(line);
    const program = await programFor(line, io);
    await program.parseAsync([...upToUnknown(program, line)], { from: 'user' });
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

/** With the one command that is called, or with all where none is: for the help, for advice, and to complete their names. */
async function programFor([first = '']: readonly string[], io: Io): Promise<Command> {
  if (first === '--version') return buildProgram(io, []);
  return commands.has(first) && first !== 'completion' ? buildProgram(io, [first]) : buildProgram(io);
}

/** Up to a command that there is not, so that `--help` behind it does not hide the mistake. */
function upToUnknown(program: Command, line: readonly string[]): readonly string[] {
  let command = program;
  for (const [at, word] of line.entries()) {
    if (word.startsWith('-') || word === 'help' || command.commands.length === 0) return line;
    const next = command.commands.find((one) => one.name() === word);
    if (next === undefined) return line.slice(0, at + 1);
    command = next;
  }
  return line;
}

/** `-h` asks for help, and elsewhere names a host: with a word behind it somebody means that. @throws AppError usage */
function refuseHost(line: readonly string[]): void {
  const host = line[line.indexOf('-h') + 1];
  if (line.includes('-h') && host !== undefined && !host.startsWith('-'))
    throw new AppError(
      'usage',
      `-h asks for help and takes no value; name the broker with --url, e.g. --url mqtts://${host}:8883`,
    );
}
