import { resolve } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import { followedFile } from '../../kernel/followed-file.ts';
import type { Component } from '../../kernel/lifecycle.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { readBanFile } from './ban-file.ts';
import { type BanIndex, banIndex } from './ban-index.ts';
import { bansNotTaken } from './events.ts';
import type { BansOptions } from './schema.ts';

export interface BanSourceDeps {
  readonly events: Events;
  readonly clock: Clock;
  /** The file names others now. */
  readonly changed: () => Promise<void>;
}

/** The bans of one configuration, and of its file as it is now. Its start throws ConfigError where that is no list of bans. */
export interface BanSource extends Component {
  readonly index: BanIndex;
}

export function createBanSource({ list, file }: BansOptions, { events, clock, changed }: BanSourceDeps): BanSource {
  const own = banIndex(list);
  if (file === undefined)
    return { name: 'bans', index: own, start: () => Promise.resolve(), stop: () => Promise.resolve() };
  const path = resolve(file);
  const followed = followedFile(
    {
      name: 'bans',
      file: path,
      before: own,
      read: async () => banIndex([...list, ...(await readBanFile(path))]),
      changed,
      notTaken: (cause) => events.emit(bansNotTaken, { problem: messageOf(cause) }),
    },
    clock,
  );
  return {
    name: followed.name,
    get index() {
      return followed.current;
    },
    start: (signal) => followed.start(signal),
    stop: (deadline) => followed.stop(deadline),
  };
}
