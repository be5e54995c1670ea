import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { messageOf } from '../../kernel/errors.ts';
import { allPemBlocks, holdsPem } from '../../pki/x509/pem-blocks.ts';
import type { VerificationKey } from '../last-key-set.ts';
import { type Algorithm, isKeyFor, isSymmetric, leastRsaBits, leastSecretBytes } from './algorithms.ts';

/** What a token says of the key that it is signed with. */
export interface WantedKey {
  readonly algorithm: Algorithm;
  readonly keyId: string | undefined;
}

/** Keys that a token may be signed with, the likeliest first. */
export function keysFor({ algorithm, keyId }: WantedKey, keys: readonly VerificationKey[]): readonly KeyObject[] {
  const fitting = keys.filter(
    (one) =>
      isKeyFor(algorithm, one.key) &&
      (one.algorithm === undefined || one.algorithm === algorithm) &&
      (keyId === undefined || one.keyId === undefined || one.keyId === keyId),
  );
  return fitting.map(({ key }) => key);
}

/** @returns the sentence that says why it is of no use: it is too short for one of the algorithms, or is not base64 */
export function secretKey(
  text: string,
  encoding: 'text' | 'base64',
  allowed: readonly Algorithm[],
): VerificationKey | string {
  if (encoding === 'base64' && !/^[A-Za-z0-9+/_-]+={0,2}$/.test(text))
    return 'is not base64; set access.jwt.secretEncoding to text';
  const bytes = Buffer.from(text, encoding === 'base64' ? 'base64' : 'utf8');
  const least = Math.max(...allowed.filter(isSymmetric).map(leastSecretBytes));
  if (bytes.length < least)
    return `has ${bytes.length} bytes; the algorithms of access.jwt.algorithms need ${least} at least (RFC 7518 3.2), as shorter ones can be guessed`;
  return { key: createSecretKey(bytes), keyId: undefined, algorithm: undefined };
}

/**
 * All public keys of a PEM file.
 * @returns the sentence that says why it is of no use: it has none, has a private one, or one that no algorithm is for
 */
export function publicKeys(
  pem: string,
  file: string,
  allowed: readonly Algorithm[],
): readonly VerificationKey[] | string {
  if (holdsPem(pem, 'PRIVATE KEY'))
    return `${file} holds a private key, which belongs to the issuer alone; write its public key here`;
  const blocks = allPemBlocks(pem);
  if (blocks.length === 0) return `${file} holds no public key in PEM form`;
  const keys: VerificationKey[] = [];
  for (const block of blocks) {
    const key = readKey(block);
    if (typeof key === 'string') return `${file} holds a key that cannot be read: ${key}`;
    if (!allowed.some((algorithm) => isKeyFor(algorithm, key)))
      return `${file} holds a key (${kindOf(key)}) that none of access.jwt.algorithms is for; RSA keys have ${leastRsaBits} bits at least`;
    keys.push({ key, keyId: undefined, algorithm: undefined });
  }
  return keys;
}

function readKey(pem: string): KeyObject | string {
  try {
    return createPublicKey(pem);
  } catch (cause) {
    return messageOf(cause);
  }
}

const kindOf = ({ asymmetricKeyType, asymmetricKeyDetails: details }: KeyObject): string =>
  [asymmetricKeyType, details?.namedCurve ?? details?.modulusLength].filter((part) => part !== undefined).join(' ');
