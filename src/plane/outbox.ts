import type { Turn } from './turn.ts';

/**
 * What is on its way to one link. Many small packets become one batch, so one system call and one TLS record:
 * that, and not routing, is what a broker pays for over TLS.
 */
export class Outbox {
  readonly #turn: Turn;
  readonly #write: (batch: readonly Uint8Array[]) => void;
  #batch: Uint8Array[] = [];
  #bytes = 0;

  constructor(turn: Turn, write: (batch: readonly Uint8Array[]) => void) {
    this.#turn = turn;
    this.#write = write;
  }

  /** Bytes that wait for the end of the turn. */
  get bytes(): number {
    return this.#bytes;
  }

  push(data: Uint8Array): void {
    this.#bytes += data.length;
    if (this.#batch.push(data) === 1) this.#turn.add(this);
  }

  /** Sends at once. */
  flush(): void {
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#bytes = 0;
    this.#write(batch);
  }
}
