import { createHash } from 'node:crypto';

/** Number of a session in the keys of this store; never given twice. */
export type OwnerNumber = number;

/** Before and behind every key. */
export const firstKey = Buffer.from([0]);
export const lastKey = Buffer.alloc(64, 0xff);

/** Of an owner's number. */
export const numberBytes = 6;
/** Behind every sequence number. */
export const endOfQueue = 2 ** 48 - 1;

export function ownerKey(owner: OwnerNumber): Buffer {
  const key = Buffer.allocUnsafe(numberBytes);
  key.writeUIntBE(owner, 0, numberBytes);
  return key;
}

/** @param sequence rises with each message that is queued, over all sessions. */
export function queueKey(owner: OwnerNumber, sequence: number): Buffer {
  const key = Buffer.allocUnsafe(2 * numberBytes);
  key.writeUIntBE(owner, 0, numberBytes);
  key.writeUIntBE(sequence, numberBytes, numberBytes);
  return key;
}

export const ownerIn = (key: Buffer, at = 0): OwnerNumber => key.readUIntBE(at, numberBytes);
export const sequenceIn = (key: Buffer): number => key.readUIntBE(numberBytes, numberBytes);

/** LMDB takes keys of up to 1,978 bytes; what is longer stands there by its hash. */
const maxTextBytes = 512;

/** A key for a client id or a filter of any length; the row repeats the text. @param prefix what groups such keys. */
export function textKey(text: string, prefix: Buffer = Buffer.alloc(0)): Buffer {
  const bytes = Buffer.from(text);
  return bytes.length <= maxTextBytes
    ? Buffer.concat([prefix, Buffer.from([1]), bytes])
    : Buffer.concat([prefix, Buffer.from([2]), createHash('sha256').update(bytes).digest()]);
}

export function inboundKey(clientId: string, messageId: number): Buffer {
  const key = textKey(clientId);
  return Buffer.concat([key, Buffer.from([messageId >> 8, messageId & 0xff])]);
}
