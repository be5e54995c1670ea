import type { Command } from 'commander';
import { openOffline } from '../../storage/disk/offline/open-offline.ts';
import { offlineStats } from '../../storage/disk/offline/stats.ts';
import { type Io, printJson, printLine } from '../io.ts';
import { addStoreOptions, type StoreCommandOptions, storeDirectory } from './options.ts';

/** `store stats`: what the store holds. */
export function addStoreStatsCommand(store: Command, io: Io): void {
  const command = store.command('stats').description('count sessions, subscriptions, messages, wills and bytes');
  addStoreOptions(command)
    .option('--json', 'print a JSON object')
    .action((options: StoreCommandOptions) => stats(io, options));
}

async function stats(io: Io, options: StoreCommandOptions): Promise<void> {
  await using store = await openOffline(await storeDirectory(options, io));
  const found = await offlineStats(store);
  if (options.json === true) {
    printJson(io.stdout, found);
    return;
  }
  const lines: readonly (readonly [string, string])[] = [
    ['store', `${found.directory}, schema version ${found.schemaVersion}`],
    ['size on disk', `${found.diskBytes} bytes`],
    ['sessions', String(found.sessions)],
    ['subscriptions', String(found.subscriptions)],
    ['queued', `${found.queuedMessages} messages, ${found.queuedBytes} bytes`],
    ['retained', `${found.retainedMessages} messages, ${found.retainedBytes} bytes`],
    ['wills', String(found.wills)],
    ['open QoS 2', `${found.openQos2Identifiers} identifiers`],
  ];
  for (const [name, value] of lines) printLine(io.stdout, `${name.padEnd(14)}${value}`);
}
