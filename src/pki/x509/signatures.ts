import { createPrivateKey, type KeyObject, sign, verify } from 'node:crypto';
import { AppError } from '../../kernel/errors.ts';
import { type DerValue, expectTag, oidText, readChildren, readDer, tags } from './der.ts';
import { derNull, oid, sequence } from './der-write.ts';

interface SignatureAlgorithm {
  readonly name: string;
  /** What `crypto.sign` is told; null where the algorithm hashes by itself. */
  readonly hash: string | null;
  readonly isWeak: boolean;
}

const known = (name: string, hash: string | null, isWeak = false): SignatureAlgorithm => ({ name, hash, isWeak });

const algorithms: ReadonlyMap<string, SignatureAlgorithm> = new Map([
  ['1.2.840.113549.1.1.2', known('MD2 with RSA', 'md2', true)],
  ['1.2.840.113549.1.1.4', known('MD5 with RSA', 'md5', true)],
  ['1.2.840.113549.1.1.5', known('SHA-1 with RSA', 'sha1', true)],
  ['1.2.840.113549.1.1.11', known('SHA-256 with RSA', 'sha256')],
  ['1.2.840.113549.1.1.12', known('SHA-384 with RSA', 'sha384')],
  ['1.2.840.113549.1.1.13', known('SHA-512 with RSA', 'sha512')],
  ['1.2.840.10045.4.1', known('SHA-1 with ECDSA', 'sha1', true)],
  ['1.2.840.10045.4.3.2', known('SHA-256 with ECDSA', 'sha256')],
  ['1.2.840.10045.4.3.3', known('SHA-384 with ECDSA', 'sha384')],
  ['1.2.840.10045.4.3.4', known('SHA-512 with ECDSA', 'sha512')],
  ['1.2.840.10040.4.3', known('SHA-1 with DSA', 'sha1', true)],
  ['1.3.101.112', known('Ed25519', null)],
]);

/** A structure of three parts: what is signed, by which algorithm, and the signature (RFC 5280 4.1, RFC 2986 4.2). */
export interface Signed {
  readonly content: DerValue;
  /** Dotted object identifier. */
  readonly algorithm: string;
  readonly signature: Buffer;
}

/** @throws RangeError where the bytes are not such a structure. */
export function readSigned(der: Buffer): Signed {
  const [content, algorithm, signature, ...more] = readChildren(
    expectTag(readDer(der), tags.sequence, 'the structure'),
  );
  if (more.length > 0) throw new RangeError('the structure has more than three parts');
  return signedOf(content, algorithm, signature);
}

/** The same of its parts, where more may follow them (RFC 6960 4.2.1). @throws RangeError where one is missing. */
export function signedOf(
  content: DerValue | undefined,
  algorithm: DerValue | undefined,
  signature: DerValue | undefined,
): Signed {
  const bits = expectTag(signature, tags.bits, 'the signature').content;
  const [id] = readChildren(expectTag(algorithm, tags.sequence, 'the signature algorithm'));
  return {
    content: expectTag(content, tags.sequence, 'what is signed'),
    algorithm: oidText(expectTag(id, tags.oid, 'the signature algorithm')),
    signature: bits.subarray(1),
  };
}

/** For people: `SHA-256 with ECDSA`, or the identifier of one that is not known here. */
export const algorithmName = (algorithm: string): string => algorithms.get(algorithm)?.name ?? algorithm;

/** @returns why a signature of this kind cannot be relied on here, or undefined. */
export const signatureProblem = (algorithm: string): string | undefined =>
  algorithms.has(algorithm)
    ? algorithmProblem(algorithm)
    : `is signed with ${algorithm}, which is not known here; sign it with SHA-256, SHA-384 or SHA-512 and RSA (PKCS #1 v1.5) or ECDSA, or with Ed25519`;

/** @returns why a signature of this kind proves nothing, or undefined. RSASSA-PSS and others are left to OpenSSL. */
export function algorithmProblem(algorithm: string): string | undefined {
  const found = algorithms.get(algorithm);
  return found?.isWeak === true
    ? `is signed with ${found.name}, which can be forged; sign it with SHA-256, SHA-384, SHA-512 or Ed25519`
    : undefined;
}

/** Whether the key made the signature. False for algorithms that are weak or not known here. */
export function isSignedBy({ content, algorithm, signature }: Signed, key: KeyObject): boolean {
  const found = algorithms.get(algorithm);
  if (found === undefined || found.isWeak) return false;
  try {
    return verify(found.hash, content.raw, key, signature);
  } catch {
    return false; // a key of another kind than the algorithm
  }
}

const byKey: ReadonlyMap<string, readonly [algorithm: string, hash: string | null]> = new Map([
  ['rsa', ['1.2.840.113549.1.1.11', 'sha256']],
  ['ec prime256v1', ['1.2.840.10045.4.3.2', 'sha256']],
  ['ec secp384r1', ['1.2.840.10045.4.3.3', 'sha384']],
  ['ec secp521r1', ['1.2.840.10045.4.3.4', 'sha512']],
  ['ed25519', ['1.3.101.112', null]],
]);

/** The AlgorithmIdentifier that goes with a key, and what it signs. @param keyPem PEM of a private key. */
export function signerOf(keyPem: string): { readonly algorithm: Buffer; readonly sign: (content: Buffer) => Buffer } {
  const key = createPrivateKey(keyPem);
  const curve = key.asymmetricKeyDetails?.namedCurve;
  const found = byKey.get([key.asymmetricKeyType, curve].filter((part) => part !== undefined).join(' '));
  if (found === undefined)
    throw new AppError(
      'issuing-refused',
      `a key of type ${key.asymmetricKeyType} cannot sign; use EC P-256, P-384 or P-521, RSA or Ed25519`,
    );
  const [id, hash] = found;
  // RFC 4055 5: RSA has a NULL there; RFC 5758 3.2 and RFC 8410 3: the others have nothing
  const algorithm = key.asymmetricKeyType === 'rsa' ? sequence(oid(id), derNull()) : sequence(oid(id));
  return { algorithm, sign: (content) => sign(hash, content, key) };
}
