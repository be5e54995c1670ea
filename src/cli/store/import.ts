import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { AppError, messageOf, systemCode } from '../../kernel/errors.ts';
import { importStore } from '../../storage/disk/offline/import.ts';
import { type Io, printLine } from '../io.ts';
import { addStoreOptions, type StoreCommandOptions, storeDirectory } from './options.ts';

/** `store import [FILE]`: the way back, all of it or nothing. */
export function addStoreImportCommand(store: Command, io: Io): void {
  const command = store
    .command('import')
    .description('read an export into a store that is empty: all of it or nothing');
  command.argument('[file]', 'what `store export` wrote; - or left out: standard input', '-');
  addStoreOptions(command).action((file: string, options: StoreCommandOptions) => importFile(io, file, options));
}

async function importFile(io: Io, file: string, options: StoreCommandOptions): Promise<void> {
  const directory = await storeDirectory(options, io);
  const path = resolve(io.cwd, file);
  const source = file === '-' ? io.stdin : createReadStream(path);
  try {
    const imported = await importStore(directory, bytesOf(source));
    const counts = [...imported].filter(([type]) => type !== 'export').map(([type, count]) => `${count} ${type}`);
    printLine(io.stdout, `${directory}: imported ${counts.length === 0 ? 'nothing' : counts.join(', ')}`);
  } catch (cause) {
    if (cause instanceof AppError || systemCode(cause) === undefined) throw cause;
    throw new AppError('usage', `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** A stream without encoding gives bytes, and one with an encoding text. */
async function* bytesOf(source: NodeJS.ReadableStream): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of source) yield Buffer.from(chunk);
}
