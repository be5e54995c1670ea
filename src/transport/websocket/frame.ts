/** RFC 6455 11.8. */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** RFC 6455 7.4.1. */
export const closeCodes = {
  normal: 1000,
  protocolError: 1002,
  unsupportedData: 1003,
  invalidPayload: 1007,
  tooLarge: 1009,
} as const;

const final = 0x80;
const finalBinary = final | opcodes.binary;

/**
 * Header of a whole, unmasked binary frame of a server (RFC 6455 5.2).
 * @param length of the payload in bytes, up to 2^53.
 */
function binaryFrameHeader(length: number): Buffer {
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

/** A ping, pong or close frame. @param data up to 125 bytes. */
export const controlFrame = (opcode: 'ping' | 'pong' | 'close', data: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([final | opcodes[opcode], data.length]), data]);

/** @param code left out: none is given. */
export function closeFrame(code?: number): Buffer {
  const data = Buffer.alloc(code === undefined ? 0 : 2);
  if (code !== undefined) data.writeUInt16BE(code);
  return controlFrame('close', data);
}

/** Binary messages that hold the batch, none with more than `messageBytes` of it. */
export function binaryMessages(batch: readonly Uint8Array[], messageBytes: number): Uint8Array[] {
  let left = 0;
  for (const { length } of batch) left += length;
  if (left === 0) return [];
  if (left <= messageBytes) return [binaryFrameHeader(left), ...batch];
  const frames: Uint8Array[] = [];
  let room = 0;
  for (const buffer of batch)
    for (let at = 0; at < buffer.length; ) {
      if (room === 0) {
        room = Math.min(messageBytes, left);
        frames.push(binaryFrameHeader(room));
      }
      const end = Math.min(buffer.length, at + room);
      frames.push(buffer.subarray(at, end));
      room -= end - at;
      left -= end - at;
      at = end;
    }
  return frames;
}
