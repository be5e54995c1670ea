import { createPublicKey, type JsonWebKey } from 'node:crypto';
import type { VerificationKey } from '../last-key-set.ts';
import { type Algorithm, isKeyFor } from './algorithms.ts';

/** More are not looked at: a token without a key id is tried with all that fit. */
const maxKeys = 128;

/**
 * The keys of a set (RFC 7517 5) that tokens may be signed with. Others, for encryption or of a kind that nobody asked for,
 * are left out as the RFC has it; secrets are never taken from a set.
 * @returns the sentence that says what is wrong where it is no set
 */
export function readKeySet(text: string, allowed: readonly Algorithm[]): readonly VerificationKey[] | string {
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    return 'what it answers is not JSON';
  }
  const keys: unknown = isObject(set) ? set['keys'] : undefined;
  if (!Array.isArray(keys)) return 'what it answers is no key set: there is no list "keys"';
  if (keys.length > maxKeys) return `it has ${keys.length} keys; ${maxKeys} are allowed`;
  return keys.flatMap((key: unknown) => (isObject(key) ? readKey(key, allowed) : []));
}

function readKey(jwk: Readonly<Record<string, unknown>>, allowed: readonly Algorithm[]): readonly VerificationKey[] {
  const { kty, use, key_ops: uses, kid, alg } = jwk;
  if (!['RSA', 'EC', 'OKP'].includes(String(kty))) return [];
  if (use !== undefined && use !== 'sig') return [];
  if (Array.isArray(uses) && !uses.includes('verify')) return [];
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    if (!allowed.some((algorithm) => isKeyFor(algorithm, key))) return [];
    const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
    return [{ key, keyId: text(kid), algorithm: text(alg) }];
  } catch {
    return []; // a key that cannot be read is nobody's
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
