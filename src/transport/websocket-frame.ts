/**
 * Header of a whole, unmasked binary frame of a server (RFC 6455 5.2).
 * @param length of the payload in bytes, up to 2^53.
 */
export function binaryFrameHeader(length: number): Buffer {
  const finalBinary = 0x82;
  if (length < 126) return Buffer.from([finalBinary, length]);
  if (length <= 0xff_ff) {
    const header = Buffer.allocUnsafe(4);
    header[0] = finalBinary;
    header[1] = 126;
    header.writeUInt16BE(length, 2);
    return header;
  }
  const header = Buffer.allocUnsafe(10);
  header[0] = finalBinary;
  header[1] = 127;
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
