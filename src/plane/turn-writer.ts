import { shortPacketBytes } from './packet-room.ts';
import type { Turn } from './turn.ts';

/**
 * What is on its way to one link. Many small packets become one batch, so one system call and one TLS record:
 * that, and not routing, is what a broker pays for over TLS.
 */
export class TurnWriter {
  readonly #turn: Turn;
  readonly #write: (batch: readonly Uint8Array[], bytes: number) => void;
  #batch: Uint8Array[] = [];
  #bytes = 0;
  /** Where the last of the batch ends in its memory; behind its own end where others were added to it. */
  #lastEnd = 0;

  /** @param write sends a batch of so many bytes */
  constructor(turn: Turn, write: (batch: readonly Uint8Array[], bytes: number) => void) {
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
    if (this.#batch.length === 0) this.#turn.add(this);
    else if (byteOffset === this.#lastEnd && this.#joins(data, length)) return;
    else this.#closeLast();
    this.#batch.push(data);
    this.#bytes += length;
    this.#lastEnd = byteOffset + length;
  }

  /** A packet of four bytes that is a packet identifier alone, as most acknowledgements are. */
  pushShort(first: number, packetId: number): void {
    const { room } = this.#turn;
    const at = room.write(first, packetId);
    const { bytes } = room;
    const isBehind = this.#batch.length > 0 && bytes.byteOffset + at === this.#lastEnd;
    if (!isBehind || !this.#joins(bytes, shortPacketBytes)) this.push(bytes.subarray(at, at + shortPacketBytes));
  }

  /** Sends at once. */
  flush(): void {
    if (this.#batch.length === 0) return;
    this.#closeLast();
    const batch = this.#batch;
    const bytes = this.#bytes;
    this.#batch = [];
    this.#bytes = 0;
    this.#write(batch, bytes);
  }

  /** Adds bytes where the last piece ends, if they lie in its memory. To ask for that is dear. @returns whether they do */
  #joins({ buffer }: Uint8Array, length: number): boolean {
    if (this.#batch[this.#batch.length - 1]!.buffer !== buffer) return false;
    this.#bytes += length;
    this.#lastEnd += length;
    return true;
  }

  #closeLast(): void {
    const last = this.#batch[this.#batch.length - 1]!;
    const length = this.#lastEnd - last.byteOffset;
    if (length > last.length) this.#batch[this.#batch.length - 1] = Buffer.from(last.buffer, last.byteOffset, length);
  }
}
