import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import { followedFile } from '../../kernel/followed-file.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import type { PasswordUsers } from '../password-users.ts';
import { passwordsNotTaken, passwordsRead } from './events.ts';
import { readPasswordTable } from './file.ts';
import { countUsers, type PasswordTable, TableReader } from './lines.ts';
import { decoyVerifier } from './scram-decoy.ts';
import { parseVerifier, verifierText } from './scram-verifier.ts';

export interface PasswordUsersDeps {
  readonly events: Events;
  readonly clock: Clock;
}

/** @param file a change of it counts as soon as it is seen; where it cannot be taken, what was read before counts on */
export function passwordUsers(file: string, { events, clock }: PasswordUsersDeps): PasswordUsers {
  const path = resolve(file);
  const madeUp = randomBytes(32).toString('base64');
  const told = (): void => events.emit(passwordsRead, { file, users: countUsers(table.current) });
  const table = followedFile<PasswordTable>(
    {
      name: 'password file',
      file: path,
      before: new TableReader().table,
      read: () => readPasswordTable(path),
      changed: told,
      notTaken: (cause) => events.emit(passwordsNotTaken, { problem: messageOf(cause) }),
    },
    clock,
  );
  return {
    name: table.name,
    find: (user) => table.current.hashes.get(user) ?? table.current.verifiers.get(user),
    findVerifier: (user) => table.current.verifiers.get(user),
    verifierOf(user) {
      const { decoyKey = madeUp, shape, verifiers } = table.current;
      const decoy = verifierText(decoyVerifier(Buffer.from(decoyKey), user, shape));
      const verifier = parseVerifier(verifiers.get(user) ?? decoy); // the same work either way: nobody is to measure which
      if (typeof verifier === 'string') throw new Error(`a verifier that was read before ${verifier}`);
      return verifier;
    },
    async start(signal) {
      await table.start(signal);
      told();
    },
    stop: (deadline) => table.stop(deadline),
  };
}
