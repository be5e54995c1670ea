/** Four full TLS records. Node copies what it is given in several pieces over TLS; once is enough. */
const mergedBytes = 65_536;

/**
 * Puts small buffers together so that none is larger than 64 KiB; larger ones pass as they are.
 * A batch up to 64 KiB becomes one buffer: one write, and as few records as it takes.
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
    if (index > begin && bytes + length > mergedBytes) flush(index);
    bytes += length;
  }
  flush(batch.length);
  return merged;
}
