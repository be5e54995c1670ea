import type { KeyObject } from 'node:crypto';

/** All that a token may be signed with (RFC 7518, RFC 8037, RFC 9864). There is no `none`. */
export const algorithms = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;
export type Algorithm = (typeof algorithms)[number];

/** It takes a secret that both sides have, instead of a key pair. */
export const isSymmetric = (algorithm: Algorithm): boolean => algorithm.startsWith('HS');

/** Bytes that a secret has at least: those of the hash (RFC 7518 3.2). */
export const leastSecretBytes = (algorithm: Algorithm): number => Number(algorithm.slice(2)) / 8;

/** Shorter ones can be broken, and are not allowed (RFC 7518 3.3). */
export const leastRsaBits = 2_048;

const curves: Partial<Record<Algorithm, string>> = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' };

/** Whether a signature by this algorithm can be checked with the key: each has its own kind, so that none passes for another. */
export function isKeyFor(algorithm: Algorithm, key: KeyObject): boolean {
  if (isSymmetric(algorithm)) return key.type === 'secret';
  if (key.type !== 'public') return false;
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (/^[RP]S/.test(algorithm)) return type === 'rsa' && (details?.modulusLength ?? 0) >= leastRsaBits;
  const curve = curves[algorithm];
  return curve === undefined ? type === 'ed25519' : type === 'ec' && details?.namedCurve === curve;
}
