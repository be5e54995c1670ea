import { createHash, createHmac, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import type { ScramVerifier } from '../password-users.ts';

const derive = promisify(pbkdf2);

export const keyBytes = 32;

/** RFC 7677 4: fewer are too cheap to guess. */
export const leastIterations = 4_096;
/** More would hold a client for minutes. */
export const mostIterations = 10_000_000;
/** Bytes that a new salt has. */
export const saltBytes = 16;

export const hmac = (key: Uint8Array, data: string | Uint8Array): Buffer =>
  createHmac('sha256', key).update(data).digest();

export const sha256 = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest();

/** @param password prepared, see `saslPrep`. Takes a thread of libuv's pool. [RFC 5802 3] */
export async function scramVerifier(password: string, salt: Buffer, iterations: number): Promise<ScramVerifier> {
  const salted = await derive(Buffer.from(password), salt, iterations, keyBytes, 'sha256');
  return {
    salt,
    iterations,
    storedKey: sha256(hmac(salted, 'Client Key')),
    serverKey: hmac(salted, 'Server Key'),
  };
}

/** `SCRAM-SHA-256$4096:SALT$STOREDKEY:SERVERKEY`, as RFC 5803 and PostgreSQL have it. */
export const verifierText = ({ salt, iterations, storedKey, serverKey }: ScramVerifier): string => {
  const [saltText, stored, server] = [salt, storedKey, serverKey].map((bytes) => bytes.toString('base64'));
  return `SCRAM-SHA-256$${iterations}:${saltText}$${stored}:${server}`;
};

/** Whether a hash of the password file is such a text. */
export const isVerifierText = (text: string): boolean => text.startsWith('SCRAM-');

/** @returns the verifier, or the sentence that says what is wrong; never with a part of the text */
export function parseVerifier(text: string): ScramVerifier | string {
  const [form, numbers = '', keys = '', ...more] = text.split('$');
  const [count = '', saltText = '', ...moreNumbers] = numbers.split(':');
  const [stored = '', server = '', ...moreKeys] = keys.split(':');
  if (form !== 'SCRAM-SHA-256' || more.length + moreNumbers.length + moreKeys.length > 0)
    return 'is no SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY';
  const iterations = /^[1-9]\d{0,7}$/.test(count) ? Number(count) : 0;
  if (iterations < leastIterations || iterations > mostIterations)
    return `needs ${leastIterations} to ${mostIterations} iterations (RFC 7677 4)`;
  const [salt, storedKey, serverKey] = [saltText, stored, server].map(fromBase64);
  if (salt === undefined || salt.length < 8 || salt.length > 64) return 'its salt is not 8 to 64 bytes in base64';
  if (storedKey?.length !== keyBytes || serverKey?.length !== keyBytes)
    return `its keys are not ${keyBytes} bytes each in base64`;
  return { salt, iterations, storedKey, serverKey };
}

/** One text for each sequence of bytes. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
