import { resolve } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import { fileWatch } from '../../kernel/file-watch.ts';
import type { Component } from '../../kernel/lifecycle.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { passwordsNotTaken, passwordsRead } from './events.ts';
import { readPasswordTable } from './file.ts';
import type { PasswordTable } from './lines.ts';

export interface PasswordUsersDeps {
  readonly events: Events;
  readonly clock: Clock;
}

/** The users of the file, as it is now. */
export interface PasswordUsers extends Component {
  /** @returns the hash; undefined where there is no such user */
  find(user: string): string | undefined;
}

/** @param file a change of it counts as soon as it is seen; where it cannot be taken, what was read before counts on */
export function passwordUsers(file: string, { events, clock }: PasswordUsersDeps): PasswordUsers {
  const path = resolve(file);
  let table: PasswordTable = new Map();
  let work = Promise.resolve();
  const read = async (): Promise<void> => {
    table = await readPasswordTable(path);
    events.emit(passwordsRead, { file, users: table.size });
  };
  const readAgain = async (): Promise<void> => {
    try {
      await read();
    } catch (cause) {
      events.emit(passwordsNotTaken, { problem: messageOf(cause) });
    }
  };
  const watch = fileWatch(path, () => void (work = work.then(readAgain)), clock);
  return {
    name: 'password file',
    find: (user) => table.get(user),
    async start() {
      await watch.start(); // first, so that no change is missed
      await read();
    },
    async stop() {
      watch.stop();
      await work;
    },
  };
}
