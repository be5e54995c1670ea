import { resolve } from 'node:path';
import type { Command } from 'commander';
import { requireConfig } from '../../config/load.ts';
import { AppError } from '../../kernel/errors.ts';
import { addConfigOptions, type ConfigOptions, loadInputOf } from '../config-options.ts';
import type { Io } from '../io.ts';

export interface StoreCommandOptions extends ConfigOptions {
  readonly directory?: string;
  readonly json?: true;
}

/** Adds the options that choose the store. */
export const addStoreOptions = (command: Command): Command =>
  addConfigOptions(command.option('-d, --directory <folder>', 'folder of the store (default: store.directory)'));

/** @throws AppError usage when the configuration names no folder. */
export async function storeDirectory({ directory, ...options }: StoreCommandOptions, io: Io): Promise<string> {
  if (directory !== undefined) return resolve(io.cwd, directory);
  const { store } = (await requireConfig(loadInputOf(options, io))).config;
  if (store.type === 'disk') return resolve(io.cwd, store.directory);
  throw new AppError(
    'usage',
    `store.type is ${store.type}, and this command reads the files of \`type: disk\`; give their folder with --directory`,
  );
}
