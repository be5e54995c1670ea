import { createHash, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { ScramVerifier } from '../password-users.ts';
import { argon2Verify } from './argon2.ts';
import type { PasswordHash } from './hash.ts';
import { saslPrep } from './sasl-prep.ts';
import { scramVerifier } from './scram-verifier.ts';

const derive = promisify(pbkdf2);

/** Whether it is the password of this hash. What takes long takes a thread of libuv's pool. */
export async function verifyPassword(hash: PasswordHash, password: Uint8Array): Promise<boolean> {
  if (hash.kind === 'argon2id') return argon2Verify(hash.text, password);
  if (hash.kind === 'bcrypt') return (await import('@node-rs/bcrypt')).verify(password, hash.text);
  if (hash.kind === 'scram') return isOfVerifier(hash.verifier, password);
  const { digest, salt, key } = hash;
  if (hash.kind === 'pbkdf2')
    return timingSafeEqual(await derive(password, salt, hash.iterations, key.length, digest), key);
  const parts = hash.position === 'prefix' ? [salt, password] : [password, salt];
  return timingSafeEqual(createHash(digest).update(Buffer.concat(parts)).digest(), key);
}

/** What SCRAM keeps of a password tells it too, at the cost of its iterations. */
async function isOfVerifier({ salt, iterations, storedKey }: ScramVerifier, password: Uint8Array): Promise<boolean> {
  const prepared = saslPrep(Buffer.from(password).toString());
  if (prepared === undefined) return false;
  return timingSafeEqual((await scramVerifier(prepared, salt, iterations)).storedKey, storedKey);
}
