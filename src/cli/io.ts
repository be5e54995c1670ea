import { type EnvironmentVariables, processEnvironment } from '../config/env.ts';
import { type Clock, systemClock } from '../kernel/clock.ts';

/** What a command sees of the world, so that tests can give it another. */
export interface Io {
  readonly clock: Clock;
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly env: EnvironmentVariables;
  /** Relative paths on the command line start here. */
  readonly cwd: string;
  /** 0 done, 1 failed, 2 called wrongly. */
  setExitCode(code: number): void;
  /** Runs `listener` at each of these signals. @returns how to stop listening. */
  onSignal(signal: NodeJS.Signals, listener: () => void): () => void;
}

/** The world of this process. */
export function processIo(): Io {
  return {
    clock: systemClock,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: processEnvironment(),
    cwd: process.cwd(),
    setExitCode(code) {
      process.exitCode = code;
    },
    onSignal(signal, listener) {
      process.on(signal, listener);
      return () => process.off(signal, listener);
    },
  };
}

export const printLine = (stream: NodeJS.WritableStream, text: string): void => {
  stream.write(`${text}\n`);
};

export const printJson = (stream: NodeJS.WritableStream, value: unknown): void => {
  printLine(stream, JSON.stringify(value, undefined, 2));
};
