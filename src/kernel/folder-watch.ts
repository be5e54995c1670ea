import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock } from './clock.ts';

/** Tells when files of a folder have changed. */
export interface FolderWatch {
  /** Begins; what stands there now is the state of departure. */
  start(): Promise<void>;
  stop(): void;
}

export interface FolderWatchOptions {
  /** Absolute paths; they need not exist. */
  readonly directories: readonly string[];
  /** Whether a file of this name counts. */
  readonly isRelevant: (name: string) => boolean;
  readonly onChange: () => void;
  readonly clock: Clock;
}

/** Files are copied one after the other: they are looked at once it has been quiet for so long. */
const settleMs = 300;
/** Some file systems tell nothing, and a folder that was replaced as a whole tells nothing any more. */
const pollMs = 30_000;
/** More files are not looked at. */
const maxFiles = 1_000;

/** The file system says when to look; whether anything has changed shows from size and time of the files. */
export function folderWatch({ directories, isRelevant, onChange, clock }: FolderWatchOptions): FolderWatch {
  let isRunning = false;
  let hasNews = false;
  let watchers: FSWatcher[] = [];
  let cancel: (() => void) | undefined;
  let stamp = '';

  const lookAfter = (delayMs: number): void => {
    cancel?.();
    cancel = isRunning ? clock.after(delayMs, () => void look()) : undefined;
  };

  const look = async (): Promise<void> => {
    hasNews = false;
    listen(); // anew, for a folder that has come or was replaced; and first, so that nothing is missed meanwhile
    const next = await stampOf(directories, isRelevant);
    if (!isRunning) return;
    lookAfter(hasNews ? settleMs : pollMs);
    if (next === stamp) return;
    stamp = next;
    onChange();
  };

  const counts = (name: string | null): boolean =>
    name === null || isRelevant(name) || directories.some((directory) => basename(directory) === name);

  const listen = (): void => {
    for (const watcher of watchers) watcher.close();
    watchers = directories.flatMap((directory) => {
      try {
        const watcher = watch(directory, { persistent: false }, (_event, name) => {
          if (!counts(name)) return;
          hasNews = true;
          lookAfter(settleMs);
        });
        watcher.on('error', () => watcher.close()); // the next look comes by the clock
        return [watcher];
      } catch {
        return []; // it is not there yet, or the system has no watches left; the clock does it
      }
    });
  };

  return {
    async start() {
      isRunning = true;
      listen();
      stamp = await stampOf(directories, isRelevant);
      lookAfter(hasNews ? settleMs : pollMs);
    },
    stop() {
      isRunning = false;
      cancel?.();
      cancel = undefined;
      for (const watcher of watchers) watcher.close();
      watchers = [];
    },
  };
}

async function stampOf(directories: readonly string[], isRelevant: (name: string) => boolean): Promise<string> {
  const lines = await Promise.all(
    directories.map(async (directory) => {
      const names = await readdir(directory).catch(() => []);
      const relevant = names.filter(isRelevant).sort().slice(0, maxFiles);
      return Promise.all(relevant.map((name) => lineOf(join(directory, name))));
    }),
  );
  return lines.flat().join('\n');
}

const lineOf = (path: string): Promise<string> =>
  stat(path).then(
    ({ ino, size, mtimeMs }) => `${path} ${ino} ${size} ${mtimeMs}`,
    () => `${path} gone`,
  );
