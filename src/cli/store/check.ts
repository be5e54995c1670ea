import type { Command } from 'commander';
import { type CheckReport, checkStore } from '../../storage/disk/offline/check.ts';
import { openOffline } from '../../storage/disk/offline/open-offline.ts';
import { type Io, printJson, printLine } from '../io.ts';
import { addStoreOptions, type StoreCommandOptions, storeDirectory } from './options.ts';

/** `store check`: reads every record; exit code 1 when one is damaged. */
export function addStoreCheckCommand(store: Command, io: Io): void {
  const command = store
    .command('check')
    .description('read every record and compare what is counted with what is there');
  addStoreOptions(command)
    .option('--json', 'print a JSON object')
    .action((options: StoreCommandOptions) => check(io, options));
}

async function check(io: Io, options: StoreCommandOptions): Promise<void> {
  const directory = await storeDirectory(options, io);
  await using store = await openOffline(directory, { isThorough: true });
  const report = checkStore(store.environment);
  if (report.problems > 0) io.setExitCode(1);
  if (options.json === true) printJson(io.stdout, { directory, schemaVersion: store.version, ...report });
  else printLine(io.stdout, textOf(report, directory));
}

function textOf({ records, problems, findings, leftOver }: CheckReport, directory: string): string {
  const rest = leftOver === 0 ? '' : `; ${leftOver} messages of ended sessions wait to be removed, which is no fault`;
  if (problems === 0) return `${directory}: ${records} records, no problem${rest}`;
  const more = problems > findings.length ? [`and ${problems - findings.length} more`] : [];
  return [
    ...findings.map(({ table, record, what }) => `${table} ${record}: ${what}`),
    ...more,
    `${directory}: ${records} records, ${problems} ${problems === 1 ? 'problem' : 'problems'}${rest}. Restore a backup, or save what can be read:`,
    '  viaduct store export --skip-damaged --output saved.jsonl',
    '  viaduct store import --directory NEW saved.jsonl',
  ].join('\n');
}
