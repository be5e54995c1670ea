import { mkdir, writeFile } from 'node:fs/promises';
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
 * Writes the configuration and, where there are users, their password file beside it.
 * @throws AppError usage where one of them is there already, or cannot be written
 */
export async function writeImported(directory: string, { config, passwords }: Imported): Promise<Written> {
  const paths = { config: join(directory, configName), passwords: join(directory, 'passwd') };
  try {
    await mkdir(directory, { recursive: true });
    const fresh = { flag: 'wx', mode: 0o600 };
    if (passwords.length > 0) await writeFile(paths.passwords, passwords.map((line) => `${line}\n`).join(''), fresh);
    await writeFile(paths.config, yamlLibrary().stringify(withPath(config, paths.passwords)), fresh);
  } catch (cause) {
    throw new AppError('usage', `${messageOf(cause)}; nothing is overwritten: give --out a new folder`, { cause });
  }
  return passwords.length > 0 ? paths : { config: paths.config };
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
