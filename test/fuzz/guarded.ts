import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { argon2Hash } from '../../src/auth/passwords/argon2.ts';

/** A user of a broker that checks passwords, in the file that `guardedAccess` writes. */
export const knownUser = { name: 'bob', password: 'secret' } as const;

export interface GuardedOptions {
  /** Whether a password costs what the default of the broker makes it cost. */
  readonly isDear: boolean;
}

const dear = { memoryKiB: 19_456, passes: 2, lanes: 1 };
const cheap = { memoryKiB: 1_024, passes: 1, lanes: 1 };

/**
 * `access` with a password file and rules: who sends no password is anonymous, and has less than the known user.
 * @param directory gets the password file
 */
export async function guardedAccess(directory: string, { isDear }: GuardedOptions): Promise<object> {
  const file = join(directory, 'passwd');
  const hash = await argon2Hash(Buffer.from(knownUser.password), isDear ? dear : cheap);
  await writeFile(file, `${knownUser.name}:${hash}\n`, { mode: 0o600 });
  return {
    passwords: { file, rehash: false, ...(isDear ? {} : { argon2: { memory: '1MiB', passes: 1 } }) },
    rules: [
      { deny: 'all', topics: ['fuzz/b/#'], user: 'anonymous' },
      { deny: 'receive', topics: ['fuzz/a'] },
      { allow: 'publish', retain: false, topics: ['fuzz/%c/#', 'fuzz/+'] },
      { allow: 'all', topics: ['pair/#', 'signal/#', 'fuzz/a/#', 'fuzz/%u'] },
      { allow: 'all', user: knownUser.name, topics: ['#'] },
      { allow: 'subscribe', topics: ['#'] },
      { allow: 'all', listener: 'nats', topics: ['#'] },
    ],
  };
}
