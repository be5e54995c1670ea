import { variableSize, writeVariable } from './write-fields.ts';

/**
 * A whole packet from its parts.
 * @param first its first byte: type and flags
 * @param head bytes of the variable header
 * @param rest what follows them
 */
export function writePacket(first: number, head: readonly number[], rest: Uint8Array): Buffer {
  const remaining = head.length + rest.length;
  const frame = Buffer.allocUnsafe(1 + variableSize(remaining) + remaining);
  frame[0] = first;
  const at = writeVariable(frame, remaining, 1);
  for (let index = 0; index < head.length; index += 1) frame[at + index] = head[index]!;
  frame.set(rest, at + head.length);
  return frame;
}
