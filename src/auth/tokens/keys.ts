import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { ConfigError, messageOf } from '../../kernel/errors.ts';
import { type Algorithm, isKeyFor, isSymmetric, leastRsaBits, leastSecretBytes } from './algorithms.ts';

/** Something that signatures are checked with. */
export interface VerificationKey {
  readonly key: KeyObject;
  /** `kid` of a key set; undefined: it may be meant by any token. */
  readonly keyId: string | undefined;
  /** The only one that it is for (`alg`); undefined: all that go with its kind. */
  readonly algorithm: string | undefined;
}

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

/** @throws ConfigError where it is too short for one of the algorithms, or is not base64 */
export function secretKey(text: string, encoding: 'text' | 'base64', allowed: readonly Algorithm[]): VerificationKey {
  if (encoding === 'base64' && !/^[A-Za-z0-9+/_-]+={0,2}$/.test(text))
    throw new ConfigError('config-invalid', 'access.jwt.secret is not base64; set access.jwt.secretEncoding to text');
  const bytes = Buffer.from(text, encoding === 'base64' ? 'base64' : 'utf8');
  const least = Math.max(...allowed.filter(isSymmetric).map(leastSecretBytes));
  if (bytes.length < least)
    throw new ConfigError(
      'config-invalid',
      `access.jwt.secret has ${bytes.length} bytes; the algorithms of access.jwt.algorithms need ${least} at least (RFC 7518 3.2), as shorter ones can be guessed`,
    );
  return { key: createSecretKey(bytes), keyId: undefined, algorithm: undefined };
}

/**
 * All public keys of a PEM file.
 * @throws ConfigError where it has none, has a private one, or one that no algorithm is for
 */
export function publicKeys(pem: string, file: string, allowed: readonly Algorithm[]): readonly VerificationKey[] {
  const blocks = pem.match(/-----BEGIN ([A-Z ]+)-----[\s\S]*?-----END \1-----/g) ?? [];
  const problem = (text: string): ConfigError =>
    new ConfigError('config-invalid', `access.jwt.publicKeys: ${file} ${text}`);
  if (blocks.length === 0) throw problem('holds no public key in PEM form');
  return blocks.map((block) => {
    if (block.includes('PRIVATE KEY'))
      throw problem('holds a private key, which belongs to the issuer alone; write its public key here');
    const key = readKey(block);
    if (typeof key === 'string') throw problem(`holds a key that cannot be read: ${key}`);
    if (!allowed.some((algorithm) => isKeyFor(algorithm, key)))
      throw problem(
        `holds a key (${kindOf(key)}) that none of access.jwt.algorithms is for; RSA keys have ${leastRsaBits} bits at least`,
      );
    return { key, keyId: undefined, algorithm: undefined };
  });
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
