import { expect } from 'vitest';
import { runCli } from '../../src/cli/run.ts';
import { fakeIo } from './fake-io.ts';

/** Runs one command line in this process, which takes a tenth of the time that the built program takes to start. */
export async function cli(args: readonly string[], options: { readonly cwd: string }) {
  const io = fakeIo(options);
  await runCli(args, io);
  return { code: io.exitCode(), stdout: io.out(), stderr: io.err() };
}

type Execute = (
  args: readonly string[],
  options: { readonly cwd: string },
) => Promise<{ code: number | null; stdout: string; stderr: string }>;

/** `viaduct pki` in a folder. */
export interface PkiCommands {
  /** Runs a command that may fail; what it prints is trimmed. */
  run(...args: readonly string[]): ReturnType<Execute>;
  /** What a command that must succeed prints. */
  pki(...args: readonly string[]): Promise<string>;
}

/** @param execute runs a command line: in this process, or through the built program. */
export function pkiCommands(cwd: string, execute: Execute = cli): PkiCommands {
  const run: PkiCommands['run'] = async (...args) => {
    const { code, stdout, stderr } = await execute(['pki', ...args], { cwd });
    expect(stdout + stderr).not.toContain('PRIVATE KEY');
    return { code, stdout: stdout.trim(), stderr: stderr.trim() };
  };
  return {
    run,
    async pki(...args) {
      const { code, stdout, stderr } = await run(...args);
      expect({ code, stderr }, args.join(' ')).toEqual({ code: 0, stderr: '' });
      return stdout;
    },
  };
}
