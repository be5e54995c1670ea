import { readFile } from 'node:fs/promises';
import { hashFormOf, type PasswordHash, parseHash } from '../../auth/passwords/hash.ts';
import { countUsers, linesOf, TableReader } from '../../auth/passwords/lines.ts';
import type { Config } from '../../config/schema.ts';
import { leastArgon2Work } from '../../config/security/access-rules.ts';
import { counted } from './report-words.ts';
import type { SecurityRow } from './security-row.ts';

/** What OWASP asks of PBKDF2 is more (210,000 and up); less than this is of another age. */
const leastIterations = 100_000;
const leastBcryptCost = 10;

/** Why passwords behind such a hash are guessed faster than need be; undefined: they are not. */
function weaknessOf(hash: PasswordHash): string | undefined {
  if (hash.kind === 'digest') return 'a fast digest, of which a graphics card tries billions in a second';
  if (hash.kind === 'pbkdf2') return hash.iterations < leastIterations ? fewIterations('PBKDF2') : undefined;
  if (hash.kind === 'scram')
    return hash.verifier.iterations < leastIterations ? fewIterations('PBKDF2 for clients of SCRAM') : undefined;
  if (hash.kind === 'argon2id')
    return hash.cost.memoryKiB * hash.cost.passes < leastArgon2Work ? 'argon2id with little memory' : undefined;
  return Number(hash.text.split('$')[2]) < leastBcryptCost ? `bcrypt with a cost below ${leastBcryptCost}` : undefined;
}

const fewIterations = (what: string): string => `${what} with fewer than ${leastIterations} iterations`;

/** A row for each form of hash in the password file that is weak, or one that says that none is. */
export async function passwordRows({ passwords }: Config['access']): Promise<SecurityRow[]> {
  if (passwords === undefined) return [];
  const reader = new TableReader();
  for (const line of linesOf(await readFile(passwords.file, 'utf8'))) reader.take(line);
  const weak = new Map<string, { users: number; readonly isVerifier: boolean }>();
  for (const text of [...reader.table.hashes.values(), ...reader.table.verifiers.values()]) {
    const hash = parseHash(text);
    const weakness = typeof hash === 'string' ? undefined : weaknessOf(hash);
    if (weakness === undefined) continue;
    const key = `${hashFormOf(text)}: ${weakness}`;
    const known = weak.get(key) ?? { users: 0, isVerifier: typeof hash !== 'string' && hash.kind === 'scram' };
    known.users += 1;
    weak.set(key, known);
  }
  const about = { check: passwords.file, place: null };
  if (weak.size === 0)
    return [
      {
        ...about,
        verdict: 'ok',
        outcome: counted(countUsers(reader.table), 'user'),
        reason: 'every hash is slow to guess',
        advice: null,
      },
    ];
  return [...weak].map(([key, { users, isVerifier }]) => ({
    ...about,
    verdict: 'warning',
    outcome: counted(users, 'user'),
    reason: `${key}; who gets the file guesses their passwords`,
    advice: isVerifier
      ? 'give more with `viaduct passwd add --scram --iterations`, where their clients can bear it, and keep such lines for users who need them'
      : passwords.rehash
        ? 'let them log in once, which makes the hash anew, or give them new passwords with `viaduct passwd add`'
        : 'write access.passwords.rehash: true, or give them new passwords with `viaduct passwd add`',
  }));
}
