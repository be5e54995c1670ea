import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '../../config/load.ts';
import { formatProblem } from '../../config/problems.ts';
import { yamlLibrary } from '../../config/yaml-library.ts';
import { AppError, messageOf } from '../../kernel/errors.ts';
import type { Io } from '../io.ts';
import type { Imported } from './imported.ts';

export const configName = 'viaduct.yaml';

/** Paths of what was written. */
export interface Written {
  readonly config: string;
  readonly passwords?: string;
}

/**
 * Writes the configuration and, where there are users, their password file beside it: both or neither.
 * @throws AppError usage where one of them is there already, or cannot be written
 */
export async function writeImported(directory: string, { config, passwords }: Imported): Promise<Written> {
  const paths = { config: join(directory, configName), passwords: join(directory, 'passwd') };
  const hasUsers = passwords.length > 0;
  try {
    await mkdir(directory, { recursive: true });
    await writeFresh([
      ...(hasUsers ? [[paths.passwords, passwords.map((line) => `${line}\n`).join('')] as const] : []),
      [paths.config, yamlLibrary().stringify(withPath(config, paths.passwords))],
    ]);
  } catch (cause) {
    throw new AppError('usage', `${messageOf(cause)}; nothing is overwritten: give --out a new folder`, { cause });
  }
  return hasUsers ? paths : { config: paths.config };
}

/** Writes files that are not there yet, for their owner alone. Where one cannot be, those before it are gone again. */
async function writeFresh(files: readonly (readonly [path: string, text: string])[]): Promise<void> {
  const made: string[] = [];
  try {
    for (const [path, text] of files) {
      await using handle = await open(path, 'wx', 0o600);
      made.push(path);
      await handle.writeFile(text);
    }
  } catch (cause) {
    await Promise.all(made.map((path) => rm(path, { force: true })));
    throw cause;
  }
}

/** Names the password file by its whole path: the broker may be started anywhere. */
function withPath(config: Imported['config'], file: string): object {
  const { access } = config;
  if (typeof access !== 'object' || access === null || !('passwords' in access)) return config;
  return { ...config, access: { ...access, passwords: { file } } };
}

/** What `config check` says of a file. */
export async function problemsOf(file: string, { env }: Pick<Io, 'env'>): Promise<readonly string[]> {
  const loaded = await loadConfig({ file, flags: [], env });
  return loaded.kind === 'loaded' ? [] : loaded.problems.map(formatProblem);
}
