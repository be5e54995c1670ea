/** The four bytes of a masking key as one number, the first lowest. @param at where they stand */
export const maskAt = (bytes: Buffer, at: number): number => bytes.readInt32LE(at);

/** The key for what comes behind so many bytes. */
export function maskBehind(mask: number, count: number): number {
  const bits = 8 * (count & 3);
  return (mask >>> bits) | (mask << (32 - bits));
}

/** Takes the mask off the bytes from `begin` to `end`, in place (RFC 6455 5.3): four at a time, byte by byte is eight times dearer. */
export function unmask(view: DataView, begin: number, end: number, mask: number): void {
  let at = begin;
  for (; at + 4 <= end; at += 4) view.setInt32(at, view.getInt32(at, true) ^ mask, true);
  for (let bits = 0; at < end; at += 1, bits += 8) view.setUint8(at, view.getUint8(at) ^ (mask >>> bits));
}
