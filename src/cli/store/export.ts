import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { AppError, messageOf, systemCode } from '../../kernel/errors.ts';
import { faultIn } from '../../storage/disk/files/damaged.ts';
import { exportLines, type ReportSkipped } from '../../storage/disk/offline/export.ts';
import { openOffline } from '../../storage/disk/offline/open-offline.ts';
import { type Io, printLine } from '../io.ts';
import { addStoreOptions, type StoreCommandOptions, storeDirectory } from './options.ts';

interface Options extends StoreCommandOptions {
  readonly output?: string;
  readonly skipDamaged?: true;
}

/** `store export`: everything as JSON lines, payloads in base64. */
export function addStoreExportCommand(store: Command, io: Io): void {
  const command = store.command('export').description('write everything as JSON lines, for `store import`');
  addStoreOptions(command)
    .option('-o, --output <file>', 'a new file, readable for its owner alone (default: standard output)')
    .option('--skip-damaged', 'leave out records that cannot be read; the exit code is 1 then')
    .action((options: Options) => exportStore(io, options));
}

async function exportStore(io: Io, options: Options): Promise<void> {
  await using store = await openOffline(await storeDirectory(options, io));
  let skipped = 0;
  const onSkipped: ReportSkipped = (table, error) => {
    skipped += 1;
    printLine(io.stderr, `left out of ${table}: ${faultIn(error)}`);
  };
  const lines = Readable.from(exportLines(store.environment, options.skipDamaged === true ? onSkipped : undefined));
  if (options.output === undefined) await writeTo(lines, io);
  else await writeFileOf(lines, resolve(io.cwd, options.output));
  if (skipped > 0) io.setExitCode(1);
}

async function writeTo(lines: Readable, { stdout }: Io): Promise<void> {
  try {
    await pipeline(lines, stdout, { end: false });
  } catch (cause) {
    if (systemCode(cause) !== 'EPIPE') throw cause; // whoever reads has enough
  }
}

async function writeFileOf(lines: Readable, path: string): Promise<void> {
  try {
    await pipeline(lines, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  } catch (cause) {
    if (cause instanceof AppError) {
      await rm(path, { force: true });
      throw cause;
    }
    const exists = systemCode(cause) === 'EEXIST';
    if (!exists) await rm(path, { force: true });
    const reason = exists ? 'it exists, and nothing is overwritten' : messageOf(cause);
    throw new AppError('usage', `${path} cannot be written: ${reason}; choose another file with --output`, { cause });
  }
}
