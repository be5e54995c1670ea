import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunningProgram, type RunOptions, runProgram, runToEnd } from './run-program.ts';

/** Top folder of the repository. */
export const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const bin = join(repository, 'dist', 'bin.js');

/** Starts the built program. */
export const startViaduct = (args: readonly string[], options: RunOptions = {}): RunningProgram =>
  runProgram(process.execPath, [bin, ...args], options);

/** Starts the built broker on a file. @returns it, and its line with the ports. @throws Error where it ends instead. */
export async function startServing(
  file: string,
  options: RunOptions,
): Promise<{ readonly program: RunningProgram; readonly ready: string }> {
  const program = startViaduct(['serve', '--config', file], options);
  const outcome = await Promise.race([program.stdout.waitFor(/ ready:/), program.exited]);
  if (typeof outcome === 'string') return { program, ready: outcome };
  throw new Error(`the broker ended with ${outcome}: ${program.stderr.text()}`);
}

/** Runs the built program to its end. */
export const viaduct = (args: readonly string[], options: RunOptions = {}) =>
  runToEnd(process.execPath, [bin, ...args], options);

/** Port of the first address with this scheme in the ready line. */
export function portOf(readyLine: string, scheme: string): number {
  const match = new RegExp(` ${scheme}://[^ ]+?:(\\d+)`).exec(readyLine);
  if (match === null) throw new Error(`no ${scheme} in: ${readyLine}`);
  return Number(match[1]);
}
