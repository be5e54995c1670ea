import { createHash, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { argon2Verify } from './argon2.ts';
import type { PasswordHash } from './hash.ts';

const derive = promisify(pbkdf2);

/** Whether it is the password of this hash. What takes long takes a thread of libuv's pool. */
export async function verifyPassword(hash: PasswordHash, password: Uint8Array): Promise<boolean> {
  if (hash.kind === 'argon2id') return argon2Verify(hash.text, password);
  if (hash.kind === 'bcrypt') return (await import('@node-rs/bcrypt')).verify(password, hash.text);
  const { digest, salt, key } = hash;
  if (hash.kind === 'pbkdf2')
    return timingSafeEqual(await derive(password, salt, hash.iterations, key.length, digest), key);
  const parts = hash.position === 'prefix' ? [salt, password] : [password, salt];
  return timingSafeEqual(createHash(digest).update(Buffer.concat(parts)).digest(), key);
}
