import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { argon2Hash } from '../../src/auth/passwords/argon2.ts';
import { scramVerifier, verifierText } from '../../src/auth/passwords/scram-verifier.ts';

/** A user of a broker that checks passwords, in the file that `guardedAccess` writes. */
export const knownUser = { name: 'bob', password: 'secret' } as const;

const tokenSecret = 'a secret of all who are fuzzed together';
const base64Url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const signed = `${base64Url({ alg: 'HS256' })}.${base64Url({ sub: knownUser.name })}`;

/** A token of the known user, without an end. */
export const knownToken = `${signed}.${createHmac('sha256', tokenSecret).update(signed).digest('base64url')}`;

export interface GuardedOptions {
  /** Whether a password costs what the default of the broker makes it cost. */
  readonly isDear: boolean;
}

const dear = { memoryKiB: 19_456, passes: 2, lanes: 1 };
const cheap = { memoryKiB: 1_024, passes: 1, lanes: 1 };

/**
 * `access` with a password file, tokens and rules: who sends no password is anonymous, and has less than the known user.
 * @param directory gets the password file and the secret of the tokens
 */
export async function guardedAccess(directory: string, { isDear }: GuardedOptions): Promise<object> {
  const file = join(directory, 'passwd');
  const hash = await argon2Hash(Buffer.from(knownUser.password), isDear ? dear : cheap);
  const verifier = verifierText(await scramVerifier(knownUser.password, Buffer.alloc(16, 7), 4_096));
  await writeFile(file, [hash, verifier].map((one) => `${knownUser.name}:${one}\n`).join(''), { mode: 0o600 });
  const secret = join(directory, 'token.secret');
  await writeFile(secret, tokenSecret, { mode: 0o600 });
  return {
    passwords: { file, rehash: false, ...(isDear ? {} : { argon2: { memory: '1MiB', passes: 1 } }) },
    jwt: { algorithms: ['HS256'], secret: { file: secret }, lasting: 'accept' },
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
