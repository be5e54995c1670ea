import { type Command, Option } from 'commander';
import type { LoadInput } from '../config/load.ts';
import type { Io } from './io.ts';

/** What `--config` and `--set` leave in the options of a command. */
export interface ConfigOptions {
  readonly config?: string;
  readonly set: readonly string[];
}

/** An option that may be given several times; its value is the list of all. */
export const repeatable = (flags: string, description: string): Option =>
  new Option(flags, description)
    .argParser((value: string, before: readonly string[]) => [...before, value])
    .default([], 'none');

/** Adds the two options that choose the configuration. */
export const addConfigOptions = (command: Command): Command =>
  command
    .option('-c, --config <file>', 'YAML file (default: $VIADUCT_CONFIG, or no file and the defaults)')
    .addOption(repeatable('--set <path=value>', 'set one value over file and environment; may be given again'));

/** @param file overrides `--config`. */
export const loadInputOf = (options: ConfigOptions, io: Io, file = options.config): LoadInput => ({
  file,
  env: io.env,
  flags: options.set,
});
