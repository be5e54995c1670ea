import type { Command } from 'commander';
import type { Io } from './io.ts';
import { addStoreCheckCommand } from './store/check.ts';
import { addStoreExportCommand } from './store/export.ts';
import { addStoreImportCommand } from './store/import.ts';
import { addStoreStatsCommand } from './store/stats.ts';

/** `store`: looks after the files of `store.type: disk` while no broker runs on them. */
export function addStoreCommand(program: Command, io: Io): void {
  const store = program
    .command('store')
    .description('check, count, export and import the store on disk, while no broker runs on it');
  addStoreCheckCommand(store, io);
  addStoreStatsCommand(store, io);
  addStoreExportCommand(store, io);
  addStoreImportCommand(store, io);
}
