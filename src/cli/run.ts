import { type Command, CommanderError } from 'commander';
import { AppError, messageOf } from '../kernel/errors.ts';
import { type Io, printLine } from './io.ts';
import { serveProgram } from './serve-program.ts';

/** Runs one command line. Errors end as one message and an exit code, never as a stack trace of the user's mistake. */
export async function runCli(args: readonly string[], io: Io): Promise<void> {
  const line = withDefaultCommand(args);
  try {
    await (await programFor(line, io)).parseAsync([...line], { from: 'user' });
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

async function programFor([first]: readonly string[], io: Io): Promise<Command> {
  if (first === 'serve') return serveProgram(io);
  const { buildProgram } = await import('./program.ts'); // and with it what only the other commands need
  return buildProgram(io);
}
