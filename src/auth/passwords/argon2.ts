import type { Argon2Cost } from './hash.ts';

/** Loaded where passwords are checked at all. */
const library = () => import('@node-rs/argon2');

/** By argon2id, as the library does by default. Takes a thread of libuv's pool for as long as it lasts, as the other. @returns `$argon2id$...` */
export async function argon2Hash(password: Uint8Array, { memoryKiB, passes, lanes }: Argon2Cost): Promise<string> {
  const { hash } = await library();
  return hash(password, { memoryCost: memoryKiB, timeCost: passes, parallelism: lanes });
}

export async function argon2Verify(text: string, password: Uint8Array): Promise<boolean> {
  const { verify } = await library();
  return verify(text, password);
}
