import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { StartError } from '../../kernel/errors.ts';
import { isPrintable } from '../../kernel/printable.ts';

/** Ciphers with pre-shared keys, before those with certificates; the first two have forward secrecy (RFC 8442, 5489). */
export const pskCiphers = [
  'ECDHE-PSK-CHACHA20-POLY1305',
  'ECDHE-PSK-AES128-CBC-SHA256',
  'PSK-AES128-GCM-SHA256',
  'PSK-AES128-CCM',
  'PSK-AES128-CBC-SHA256',
] as const;

const maxIdentities = 1_000_000;
const maxIdentityBytes = 128; // RFC 4279 5.3 asks for 128 at least
const keyBytes = { least: 16, most: 64 } as const; // RFC 4279 5.4, RFC 9257 6

/** Pre-shared keys of one listener. */
export interface PreSharedKeys {
  readonly count: number;
  /** For Node: the key of an identity. */
  readonly callback: (socket: TLSSocket, identity: string) => Buffer | null;
  /** @returns the identity of a finished handshake, where its key has proved itself. */
  identityOf(socket: TLSSocket): string | undefined;
}

/**
 * @param text lines `identity:key`, the key in hex, as mosquitto's `psk_file` has them; `#` begins a comment.
 * @throws StartError that names the line, never a key.
 */
export function preSharedKeys(listener: string, text: string): PreSharedKeys {
  const keys = new Map<string, Buffer>();
  for (const [number, line] of pskLines(text)) {
    const refuse = (what: string): StartError =>
      new StartError('start-failed', `listener ${listener}: psk.identities, line ${number}: ${what}`);
    const read = readLine(line);
    if (typeof read === 'string') throw refuse(read);
    const digest = digestOf(read.identity);
    if (keys.has(digest)) throw refuse('the identity has a key already, in a line above; name it once');
    if (keys.size === maxIdentities) throw refuse(`there are more than ${maxIdentities} identities; use certificates`);
    keys.set(digest, read.key);
  }
  if (keys.size === 0)
    throw new StartError(
      'start-failed',
      `listener ${listener}: psk.identities has no line; write identity:key, the key from: openssl rand -hex 32`,
    );
  const asked = new WeakMap<TLSSocket, string>();
  return {
    count: keys.size,
    callback(socket, identity) {
      const key = keys.get(digestOf(identity));
      if (key === undefined) return null;
      asked.set(socket, identity);
      return key;
    },
    identityOf(socket) {
      const identity = asked.get(socket);
      return identity !== undefined && isProved(socket) ? identity : undefined;
    },
  };
}

/**
 * To have been asked for a key proves nothing: where the cipher does not fit the key, TLS 1.3 goes on with a certificate
 * instead. A listener with keys resumes no sessions, so that in TLS 1.3 only a key makes a session a known one.
 */
function isProved(socket: TLSSocket): boolean {
  if (socket.getProtocol() === 'TLSv1.3') return socket.isSessionReused();
  return /(^|-)PSK-/.test(socket.getCipher().name);
}

/** Identities are compared by their digest, so that the time it takes says nothing of how much of one was right. */
const digestOf = (identity: string): string => createHash('sha256').update(identity).digest('base64');

/** Lines that are neither empty nor a comment, with their numbers from 1. */
export function* pskLines(text: string): Generator<readonly [number: number, line: string], void> {
  for (const [index, line] of text.split(/\r?\n/).entries())
    if (line.trim() !== '' && !line.startsWith('#')) yield [index + 1, line];
}

/** @returns undefined without an identity; the key is undefined where it is not hex, and may be too short or too long. */
export function splitPskLine(
  line: string,
): { readonly identity: string; readonly key: Buffer | undefined } | undefined {
  const colon = line.lastIndexOf(':');
  if (colon < 1) return undefined;
  const hex = line.slice(colon + 1).trim();
  const key = /^(?:[0-9a-f]{2})+$/i.test(hex) ? Buffer.from(hex, 'hex') : undefined;
  return { identity: line.slice(0, colon), key };
}

function readLine(line: string): { readonly identity: string; readonly key: Buffer } | string {
  const split = splitPskLine(line);
  if (split === undefined) return 'write identity:key, the key in hex';
  const { identity, key } = split;
  if (!isPrintable(identity)) return 'the identity has control characters; use printable ones';
  if (identity === 'anonymous') return '"anonymous" is the name of clients without an identity; choose another';
  const { length } = Buffer.from(identity);
  if (length > maxIdentityBytes) return `the identity is ${length} bytes long; use at most ${maxIdentityBytes}`;
  if (key === undefined) return 'the key is not hex, two digits for each byte';
  return key.length >= keyBytes.least && key.length <= keyBytes.most
    ? { identity, key }
    : `the key is ${key.length} bytes long; use ${keyBytes.least} to ${keyBytes.most}, e.g. from: openssl rand -hex 32`;
}
