import { resolve } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import { fileWatch } from '../../kernel/file-watch.ts';
import type { FolderWatch } from '../../kernel/folder-watch.ts';
import type { Prepared } from '../../kernel/prepared.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { readBanFile } from './ban-file.ts';
import { type BanIndex, banIndex } from './ban-index.ts';
import { bansNotTaken, bansRead } from './events.ts';
import type { BansOptions } from './schema.ts';

export interface BanSourceDeps {
  readonly events: Events;
  readonly clock: Clock;
  /** The file names others now: who is connected is to be looked at again. */
  readonly changed: () => Promise<void>;
}

/** The bans of the configuration and of its file, which is followed. */
export interface BanSource {
  /** Those that count now. */
  readonly index: BanIndex;
  /** @throws ConfigError `config-invalid` where the file is no list of bans */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** @throws as `start` */
  prepare(options: BansOptions): Promise<Prepared>;
}

/** What counts at a time. */
interface Reading {
  readonly options: BansOptions;
  readonly index: BanIndex;
  readonly watch: FolderWatch | undefined;
  /** The file has changed before it counted. */
  readonly isStale: () => boolean;
}

export function createBanSource(first: BansOptions, { events, clock, changed }: BanSourceDeps): BanSource {
  let now: Reading = { options: first, index: banIndex(first.list), watch: undefined, isStale: () => false };
  let work = Promise.resolve();

  const read = async ({ list, file }: BansOptions): Promise<BanIndex> =>
    banIndex(file === undefined ? list : [...list, ...(await readBanFile(resolve(file)))]);
  const readAgain = async (): Promise<void> => {
    const { options } = now;
    try {
      const index = await read(options);
      if (now.options !== options) return; // others count meanwhile
      now = { ...now, index };
      events.emit(bansRead, { count: index.size });
      await changed();
    } catch (cause) {
      events.emit(bansNotTaken, { problem: messageOf(cause) });
    }
  };
  const readSoon = (): void => void (work = work.then(readAgain));
  const open = async (options: BansOptions): Promise<Reading> => {
    const { file } = options;
    let isStale = false;
    const onChange = (): void => {
      if (now.watch === watch) readSoon();
      else isStale = true;
    };
    const watch = file === undefined ? undefined : fileWatch(file, onChange, clock);
    await watch?.start(); // first, so that no change is missed
    try {
      return { options, index: await read(options), watch, isStale: () => isStale };
    } catch (cause) {
      watch?.stop();
      throw cause;
    }
  };
  const take = (next: Reading): void => {
    const hadSome = now.index.size > 0;
    now.watch?.stop();
    now = next;
    if (hadSome || next.index.size > 0) events.emit(bansRead, { count: next.index.size });
    if (next.isStale()) readSoon();
  };
  return {
    get index() {
      return now.index;
    },
    async start() {
      take(await open(first));
    },
    async stop() {
      now.watch?.stop();
      await work;
    },
    async prepare(next) {
      const ready = await open(next);
      return {
        commit() {
          take(ready);
          return Promise.resolve();
        },
        cancel: () => ready.watch?.stop(),
      };
    },
  };
}
