import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
  webcrypto,
} from 'node:crypto';
import { promisify } from 'node:util';

import { AppError } from '../../kernel/errors.ts';

/** Source of serial numbers; tests give their own. */
export type SerialSource = () => string;

/** 16 random octets as hex, with the first between 0x40 and 0x7f: positive, of one length, not to be guessed. */
export const randomSerial: SerialSource = () => {
  const octets = randomBytes(16);
  octets[0] = 0x40 | (octets[0]! & 0x3f);
  return octets.toString('hex');
};

/** The kinds of keys that are made here. */
export const keyTypes = ['ec-p256', 'ec-p384', 'ed25519', 'rsa-2048', 'rsa-3072', 'rsa-4096'] as const;
export type KeyType = (typeof keyTypes)[number];

const generate = promisify(generateKeyPair);

/** Makes a key. @returns its PKCS#8 PEM. */
export async function generateKey(type: KeyType = 'ec-p256'): Promise<string> {
  const { privateKey } = await (type.startsWith('rsa-')
    ? generate('rsa', { modulusLength: Number(type.slice(4)) })
    : type === 'ed25519'
      ? generate('ed25519')
      : generate('ec', { namedCurve: type === 'ec-p384' ? 'secp384r1' : 'prime256v1' }));
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Larger RSA keys cost every handshake more than they give. */
const rsaBits = { least: 2_048, most: 8_192 } as const;
const strongCurves: ReadonlySet<string | undefined> = new Set(['prime256v1', 'secp384r1', 'secp521r1']);
const allowedKeys = 'use EC P-256, P-384 or P-521, RSA of 2048 to 8192 bits, or Ed25519';

/** Whether a key is strong enough to be certified. @returns why not, or undefined. */
export function keyProblem(key: KeyObject): string | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ed25519' || (type === 'ec' && strongCurves.has(details?.namedCurve))) return undefined;
  if (type === 'ec') return `its key is on the curve ${details?.namedCurve ?? 'of its own parameters'}; ${allowedKeys}`;
  if (type !== 'rsa') return `its key is of type ${type ?? 'unknown'}; ${allowedKeys}`;
  const bits = details?.modulusLength ?? 0;
  if (bits < rsaBits.least || bits > rsaBits.most) return `its RSA key has ${bits} bits; ${allowedKeys}`;
  return (details?.publicExponent ?? 0n) < 65_537n
    ? `its RSA key has the public exponent ${details?.publicExponent}; make one with 65537`
    : undefined;
}

/** The public half of a private key in PEM. */
export const publicKeyOf = (key: string): KeyObject => createPublicKey(createPrivateKey(key));

/** SHA-256 of the SubjectPublicKeyInfo, lower-case hex: stays the same when a key is certified again. */
export const keyFingerprint = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');

const curves: Readonly<Record<string, readonly [curve: string, hash: string]>> = {
  prime256v1: ['P-256', 'SHA-256'],
  secp384r1: ['P-384', 'SHA-384'],
  secp521r1: ['P-521', 'SHA-512'],
};

/** The key of an issuer for WebCrypto, with the hash that suits it; EC, RSA and Ed25519 in any PEM that Node reads. */
export async function importSigningKey(keyPem: string): Promise<webcrypto.CryptoKey> {
  const key = createPrivateKey(keyPem);
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', pkcs8, signingAlgorithm(key), false, ['sign']);
}

/** The hash that goes with an issuer's key; unused by Ed25519. */
export const signingHash = (algorithm: webcrypto.KeyAlgorithm): string => {
  const curve = 'namedCurve' in algorithm ? algorithm.namedCurve : undefined;
  return Object.values(curves).find(([name]) => name === curve)?.[1] ?? 'SHA-256';
};

function signingAlgorithm(key: KeyObject): webcrypto.AlgorithmIdentifier {
  const curve = curves[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (key.asymmetricKeyType === 'ec' && curve !== undefined)
    return { name: 'ECDSA', namedCurve: curve[0] } as webcrypto.AlgorithmIdentifier;
  if (key.asymmetricKeyType === 'rsa')
    return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as webcrypto.AlgorithmIdentifier;
  if (key.asymmetricKeyType === 'ed25519') return { name: 'Ed25519' };
  throw new AppError(
    'issuing-refused',
    `the key of a CA cannot be of type ${key.asymmetricKeyType}; use EC P-256, P-384 or P-521, RSA or Ed25519`,
  );
}
