import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { repository } from './program.ts';
import { runToEnd } from './run-program.ts';

/** The command `viaduct` on a PATH of its own, as somebody who followed the README has it. */
export interface InstalledProgram {
  /** For programs that call it. */
  readonly env: NodeJS.ProcessEnv;
}

async function npm(args: readonly string[], prefix: string): Promise<InstalledProgram> {
  await mkdir(prefix, { recursive: true });
  const env = { npm_config_prefix: prefix, PATH: `${join(prefix, 'bin')}${delimiter}${process.env['PATH'] ?? ''}` };
  const { code, stderr } = await runToEnd('npm', args, { cwd: repository, env });
  if (code !== 0) throw new Error(`npm ${args.join(' ')} failed (${code}): ${stderr}`);
  return { env };
}

/** `npm link` in the clone. @param prefix where npm puts commands, a folder of the test. */
export const linkProgram = (prefix: string): Promise<InstalledProgram> => npm(['link'], prefix);

/** `npm install -g` of a tarball that `npm pack` made. */
export const installTarball = (tarball: string, prefix: string): Promise<InstalledProgram> =>
  npm(['install', '-g', '--prefer-offline', tarball], prefix);
