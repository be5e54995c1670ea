import { createCipheriv, createPrivateKey, randomBytes, scryptSync } from 'node:crypto';
import { integer, octets, oid, sequence } from './der-write.ts';
import { pemOf } from './pem-blocks.ts';

const oids = { pbes2: '1.2.840.113549.1.5.13', scrypt: '1.3.6.1.4.1.11591.4.11', aes256Cbc: '2.16.840.1.101.3.4.1.42' };

/** 16 MiB and some 50 ms for each guess; the most that OpenSSL reads without being told to. */
const cost = { N: 16_384, r: 8, p: 1 } as const;

/** Shorter ones are tried out in an afternoon. */
const minPassphrase = 8;

/** @returns the sentence that says what is wrong with a passphrase, never the passphrase. */
export function passphraseProblem(passphrase: string): string | undefined {
  const length = Array.from(passphrase).length;
  return length < minPassphrase ? `the passphrase has ${length} characters; use at least ${minPassphrase}` : undefined;
}

/**
 * Encrypts a private key for the disk: PKCS#8 (RFC 5958) under PBES2 with scrypt (RFC 7914 7) and AES-256-CBC.
 * @param key PEM of any private key that Node reads. @param random octets for salt and initialization vector.
 * @returns PEM that OpenSSL and Node read with the passphrase.
 */
export function encryptKey(key: string, passphrase: string, random: (size: number) => Buffer = randomBytes): string {
  const plain = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' });
  const salt = random(16);
  const iv = random(16);
  const cipher = createCipheriv('aes-256-cbc', scryptSync(passphrase, salt, 32, cost), iv);
  const derivation = sequence(octets(salt), integer(cost.N), integer(cost.r), integer(cost.p), integer(32));
  const scheme = sequence(sequence(oid(oids.scrypt), derivation), sequence(oid(oids.aes256Cbc), octets(iv)));
  const content = Buffer.concat([cipher.update(plain), cipher.final()]);
  return pemOf('ENCRYPTED PRIVATE KEY', sequence(sequence(oid(oids.pbes2), scheme), octets(content)));
}

/** @returns the key as PKCS#8 PEM in the clear, or the sentence that says why it cannot be read; never key material. */
export function decryptKey(key: string, passphrase: string): { readonly key: string } | string {
  try {
    return { key: createPrivateKey({ key, passphrase }).export({ type: 'pkcs8', format: 'pem' }).toString() };
  } catch {
    return 'cannot be decrypted: the passphrase is wrong, or the file is damaged';
  }
}
