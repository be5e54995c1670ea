import { hash, randomBytes } from 'node:crypto';

/** Bytes of a block of SHA-256. */
const blockBytes = 64;

/**
 * Names what nobody may read, a password among it: under a key that no other process has, nor this one after a restart,
 * so that nothing in memory tells it, nor can a guess be tried against it. HMAC-SHA-256 (RFC 2104) in two calls, as the object
 * that Node has for it costs several times as much for so few bytes, at each CONNECT.
 * @returns takes parts, each of which counts by itself
 */
export function keyedDigest(): (parts: readonly (string | Uint8Array)[]) => string {
  const secret = Buffer.concat([randomBytes(32)], blockBytes);
  const [inner, outer] = [secret.map((byte) => byte ^ 0x36), secret.map((byte) => byte ^ 0x5c)];
  return (parts) => {
    const pieces = parts.flatMap((part) => [Buffer.from(`${Buffer.byteLength(part)}:`), Buffer.from(part)]);
    const digest = hash('sha256', Buffer.concat([inner, ...pieces]), 'buffer');
    return hash('sha256', Buffer.concat([outer, digest]), 'base64');
  };
}
