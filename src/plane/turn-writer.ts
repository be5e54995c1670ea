import type { Turn } from './turn.ts';

/**
 * What is on its way to one link. Many small packets become one batch, so one system call and one TLS record:
 * that, and not routing, is what a broker pays for over TLS.
 */
export class TurnWriter {
  readonly #turn: Turn;
  readonly #write: (batch: readonly Uint8Array[]) => void;
  #batch: Uint8Array[] = [];
  #bytes = 0;
  /** Where the last of the batch ends in its memory; behind its own end where others were added to it. */
  #lastEnd = 0;

  constructor(turn: Turn, write: (batch: readonly Uint8Array[]) => void) {
    this.#turn = turn;
    this.#write = write;
  }

  /** Bytes that wait for the end of the turn. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param data is not copied; what lies behind the last in memory, as packets cut from one chunk do, is joined to it. */
  push(data: Uint8Array): void {
    const { length, byteOffset } = data;
    this.#bytes += length;
    const batch = this.#batch;
    if (batch.length === 0) this.#turn.add(this);
    else if (byteOffset === this.#lastEnd && data.buffer === batch[batch.length - 1]!.buffer) {
      this.#lastEnd = byteOffset + length;
      return;
    } else this.#closeLast();
    batch.push(data);
    this.#lastEnd = byteOffset + length;
  }

  /** Sends at once. */
  flush(): void {
    if (this.#batch.length === 0) return;
    this.#closeLast();
    const batch = this.#batch;
    this.#batch = [];
    this.#bytes = 0;
    this.#write(batch);
  }

  #closeLast(): void {
    const last = this.#batch[this.#batch.length - 1]!;
    const length = this.#lastEnd - last.byteOffset;
    if (length > last.length) this.#batch[this.#batch.length - 1] = Buffer.from(last.buffer, last.byteOffset, length);
  }
}
