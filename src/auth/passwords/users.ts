import { resolve } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import { followedFile } from '../../kernel/followed-file.ts';
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
  const told = (): void => events.emit(passwordsRead, { file, users: table.current.size });
  const table = followedFile<PasswordTable>(
    {
      name: 'password file',
      file: path,
      before: new Map(),
      read: () => readPasswordTable(path),
      changed: told,
      notTaken: (cause) => events.emit(passwordsNotTaken, { problem: messageOf(cause) }),
    },
    clock,
  );
  return {
    name: table.name,
    find: (user) => table.current.get(user),
    async start(signal) {
      await table.start(signal);
      told();
    },
    stop: (deadline) => table.stop(deadline),
  };
}
