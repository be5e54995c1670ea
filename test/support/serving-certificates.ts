import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { stringify } from 'yaml';
import { startServing, viaduct } from './program.ts';
import type { RunningProgram } from './run-program.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** The built broker in a folder of its own, with a CA that `viaduct pki` works in while it runs. */
export interface CertificateBroker extends AsyncDisposable {
  readonly program: RunningProgram;
  /** Its line that says `ready`, with the ports. */
  readonly ready: string;
  /** The certificates folder. */
  readonly certs: string;
  /** What a command that must succeed, and has nothing to complain of, prints. */
  pki(...args: string[]): Promise<string>;
}

/** @param config sections that are added to the test's own. */
export async function serveCertificates(config: Readonly<Record<string, unknown>>): Promise<CertificateBroker> {
  const directory = await temporaryDirectory();
  const certs = join(directory.path, 'certs');
  const file = join(directory.path, 'viaduct.yaml');
  const sections = {
    certificates: { directory: certs },
    store: { type: 'memory' },
    nats: { hub: { bind: '127.0.0.1:0' } },
    ...config,
  };
  await writeFile(file, stringify(sections));
  const { program, ready } = await startServing(file, { cwd: directory.path });
  return {
    program,
    ready,
    certs,
    async pki(...args) {
      const { code, stdout, stderr } = await viaduct(['pki', ...args, '-d', certs], { cwd: directory.path });
      expect(stderr.trim()).toBe('');
      expect(code).toBe(0);
      return stdout;
    },
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}
