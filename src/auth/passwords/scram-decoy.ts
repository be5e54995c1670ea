import type { ScramVerifier } from '../password-users.ts';
import { hmac, keyBytes, leastIterations, saltBytes } from './scram-verifier.ts';

/** What the verifiers of a file have in common: of each the one that most have. */
export interface VerifierShape {
  readonly iterations: number;
  readonly saltBytes: number;
}

export const usualShape: VerifierShape = { iterations: leastIterations, saltBytes };

/**
 * What a user is held against that does not exist: the same salt each time, as if it did. Nobody without the key can tell
 * it from another, and no password fits it.
 * @param key secret, and the same for as long as the users are
 */
export function decoyVerifier(key: Uint8Array, user: string, { iterations, saltBytes }: VerifierShape): ScramVerifier {
  const part = (name: string): Buffer => hmac(key, `${name}:${user}`);
  const salt = Buffer.concat([part('salt'), part('more salt')], 2 * keyBytes).subarray(0, saltBytes);
  return { salt, iterations, storedKey: part('stored key'), serverKey: part('server key') };
}
