import { readFile } from 'node:fs/promises';
import { ConfigError, reasonOf } from '../kernel/errors.ts';
import { type ComposeInput, composeConfig, type LoadedConfig, type RefusedConfig } from './compose.ts';
import { checkFiles } from './files.ts';
import { configError, sortProblems } from './problems.ts';
import { checkSecrets } from './secrets.ts';

export interface LoadInput extends Omit<ComposeInput, 'file'> {
  /** Path of the YAML file; undefined: `VIADUCT_CONFIG`, and without that the defaults. */
  readonly file: string | undefined;
}

/** The file that is read: the one given, else the one that `VIADUCT_CONFIG` names. */
export const configFileOf = ({ file, env }: Pick<LoadInput, 'file' | 'env'>): string | undefined =>
  file ?? (env['VIADUCT_CONFIG'] || undefined);

/**
 * Loads the configuration: defaults < file < environment < flags, and checks that every secret and file that it names can be read.
 * @returns the configuration, or all of its problems. @throws ConfigError config-unreadable
 */
export async function loadConfig(input: LoadInput): Promise<LoadedConfig | RefusedConfig> {
  const name = configFileOf(input);
  const file = name === undefined ? undefined : { name, text: await textOf(name) };
  const composed = composeConfig({ ...input, file });
  if (composed.kind === 'refused') return composed;
  const { config } = composed;
  const findings = [...(await checkSecrets(config, input.env)), ...(await checkFiles(config))];
  return findings.length === 0 ? composed : { kind: 'refused', problems: sortProblems(findings.map(composed.locate)) };
}

/** As `loadConfig`, for callers that cannot go on without. @throws ConfigError config-invalid, config-unreadable */
export async function requireConfig(input: LoadInput): Promise<LoadedConfig> {
  const loaded = await loadConfig(input);
  if (loaded.kind === 'refused') throw configError(loaded.problems, configFileOf(input));
  return loaded;
}

async function textOf(name: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(name));
  } catch (cause) {
    const reason = cause instanceof TypeError ? 'it is not UTF-8 text' : reasonOf(cause);
    const advice = 'give the path of a YAML file with --config, or leave it out for the defaults';
    throw new ConfigError('config-unreadable', `the configuration file ${name} cannot be read: ${reason}; ${advice}`, {
      cause,
    });
  }
}
