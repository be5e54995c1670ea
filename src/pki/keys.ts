import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, webcrypto } from 'node:crypto';

import { AppError } from '../kernel/errors.ts';

/** Source of serial numbers; tests give their own. */
export type SerialSource = () => string;

/** 16 random octets as hex, with the first between 0x40 and 0x7f: positive, of one length, not to be guessed. */
export const randomSerial: SerialSource = () => {
  const octets = randomBytes(16);
  octets[0] = 0x40 | (octets[0]! & 0x3f);
  return octets.toString('hex');
};

/** Makes an ECDSA P-256 key. @returns its PKCS#8 PEM. */
export async function generateKey(): Promise<string> {
  const pair = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', pair.privateKey);
  return pemOf('PRIVATE KEY', Buffer.from(pkcs8));
}

/** The PEM text of DER bytes. */
export const pemOf = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${der.toString('base64').replace(/(.{64})(?=.)/g, '$1\n')}\n-----END ${label}-----\n`;

/** SubjectPublicKeyInfo of the key in a PEM (RFC 5280 4.1). */
export const publicKeyDer = (keyPem: string): Buffer =>
  createPublicKey(createPrivateKey(keyPem)).export({ type: 'spki', format: 'der' });

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
