/**
 * Copies out of the memory that LMDB reads into. What the package does itself, `Uint8Array.prototype.slice`, takes memory
 * of its own for each key and each value, which costs more than reading them; here small ones share a pool.
 */
function copyOf(bytes: Uint8Array, start: number, length: number): Buffer {
  const copy = Buffer.allocUnsafe(length);
  copy.set(new Uint8Array(bytes.buffer, bytes.byteOffset + start, length));
  return copy;
}

/** Values as they are; `decode` is asked with their length, as `bytes` may be longer. */
export const valueEncoder = {
  encode: (value: Buffer): Buffer => value,
  decode: (bytes: Uint8Array, length: number): Buffer => copyOf(bytes, 0, length),
};

/** Keys as they are. */
export const keyEncoder = {
  writeKey(key: Buffer, target: Uint8Array, start: number): number {
    target.set(key, start);
    return start + key.length;
  },
  readKey: (source: Uint8Array, start: number, end: number): Buffer => copyOf(source, start, end - start),
};
