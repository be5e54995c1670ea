import { chmodSync, lstatSync, type Stats } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError, systemCode } from '../../../kernel/errors.ts';

/** What stands in the folder of a store; messages, session names and credentials in them are for nobody else. */
const fileNames = ['data.mdb', 'lock.mdb', 'viaduct.lock'] as const;
const folderMode = 0o700;
const fileMode = 0o600;

const modeText = ({ mode }: Stats): string => (mode & 0o777).toString(8).padStart(4, '0');
const isOpen = ({ mode }: Stats): boolean => process.platform !== 'win32' && (mode & 0o077) !== 0;
const isOurs = ({ uid }: Stats): boolean => {
  const own = process.geteuid?.();
  return own === 0 || own === uid;
};

/**
 * Makes the folder of a store, or sees to it that only its owner may read it, whatever the umask.
 *
 * @returns what others could read until now, for the log
 * @throws StoreError store-unavailable where it belongs to somebody else; Error of the system
 */
export async function requirePrivate(directory: string): Promise<readonly string[]> {
  if ((await mkdir(directory, { recursive: true, mode: folderMode })) !== undefined) {
    await chmod(directory, folderMode); // a umask may have taken more
    return [];
  }
  const mended: string[] = [];
  for (const path of [directory, ...fileNames.map((name) => join(directory, name))]) {
    const stats = statsOf(path);
    if (stats === undefined || !isOpen(stats)) continue;
    const mode = path === directory ? folderMode : fileMode;
    if (!isOurs(stats)) throw refused(path, stats, mode);
    await chmod(path, mode);
    mended.push(`${path} (mode ${modeText(stats)})`);
  }
  return mended;
}

/** For files that were made just now, by LMDB with a mode of its own and under any umask; nobody else could reach them before, through their folder. */
export function restrictFiles(directory: string): void {
  for (const name of fileNames) {
    const stats = statsOf(join(directory, name));
    if (stats !== undefined && (stats.mode & 0o777) !== fileMode && isOurs(stats))
      chmodSync(join(directory, name), fileMode);
  }
}

function statsOf(path: string): Stats | undefined {
  try {
    const stats = lstatSync(path);
    return stats.isSymbolicLink() ? undefined : stats;
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw cause;
  }
}

const refused = (path: string, stats: Stats, mode: number): StoreError =>
  new StoreError(
    'store-unavailable',
    `others can read ${path} (mode ${modeText(stats)}), which belongs to user ${stats.uid} and not to the broker's; run as that user: chmod ${mode.toString(8)} ${path}, or give store.directory a folder in it, which the broker makes for itself`,
    { details: { path } },
  );
