import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { systemCode } from '../../src/kernel/errors.ts';
import { Lines } from './lines.ts';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Written to standard input, which is then closed; `undefined` leaves it open. */
  readonly input?: string | Buffer;
}

/** A program that runs beside the test. Disposing it kills it. */
export interface RunningProgram extends AsyncDisposable {
  readonly stdout: Lines;
  readonly stderr: Lines;
  readonly process: ChildProcessWithoutNullStreams;
  /** Exit code, or null when a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Stops it from doing anything while its sockets stay open. It does nothing more once this is kept. */
  freeze(): Promise<void>;
  thaw(): void;
}

export function runProgram(command: string, args: readonly string[], options: RunOptions = {}): RunningProgram {
  // a group of its own, so that what a shell started goes with it
  const child = spawn(command, [...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    detached: true,
  });
  const stdout = new Lines();
  const stderr = new Lines();
  child.stdout.setEncoding('utf8').on('data', (text: string) => stdout.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text));
  child.stdin.on('error', () => undefined); // the program may end without reading
  if (options.input !== undefined) child.stdin.end(options.input);
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return {
    stdout,
    stderr,
    process: child,
    exited,
    async freeze() {
      child.kill('SIGSTOP');
      while (!(await isStill(child.pid))) continue;
    },
    thaw: () => void child.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      killGroup(child.pid);
      await exited;
    },
  };
}

/** Whether each of its threads has been stopped, or has ended: the system stops them one after the other. */
async function isStill(pid: number | undefined): Promise<boolean> {
  const folder = `/proc/${pid}/task`;
  const threads = await readdir(folder);
  const states = await Promise.all(threads.map((thread) => readFile(`${folder}/${thread}/stat`, 'utf8')));
  return states.every((state) => /\) [TZX] /.test(state));
}

/** Kills a program and everything it started; what has ended already stays ended. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}

/** Runs a program to its end. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  await using program = runProgram(command, args, { input: '', ...options });
  const code = await program.exited;
  return { code, stdout: program.stdout.text(), stderr: program.stderr.text() };
}
