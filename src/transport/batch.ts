import type { Socket } from 'node:net';

/** Size of a full TLS record; beyond it copying costs more than it saves. */
const recordBytes = 16_384;

/**
 * Puts small buffers together so that none is larger than a TLS record; larger ones pass as they are.
 * A batch up to 16 KiB becomes one buffer: one write, one record.
 */
export function coalesce(batch: readonly Uint8Array[]): readonly Uint8Array[] {
  if (batch.length < 2) return batch;
  const merged: Uint8Array[] = [];
  let begin = 0;
  let bytes = 0;
  const flush = (end: number): void => {
    if (end - begin === 1) merged.push(batch[begin]!);
    else if (end > begin) merged.push(Buffer.concat(batch.slice(begin, end), bytes));
    begin = end;
    bytes = 0;
  };
  for (let index = 0; index < batch.length; index += 1) {
    const { length } = batch[index]!;
    if (index > begin && bytes + length > recordBytes) flush(index);
    bytes += length;
  }
  flush(batch.length);
  return merged;
}

/** Writes a batch with one system call where the socket takes it at once. */
export function writeBatch(socket: Socket, batch: readonly Uint8Array[]): void {
  const [first, ...rest] = coalesce(batch);
  if (first === undefined) return;
  if (rest.length === 0) {
    socket.write(first);
    return;
  }
  socket.cork();
  socket.write(first);
  for (const buffer of rest) socket.write(buffer);
  socket.uncork();
}
