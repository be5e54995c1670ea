const firstBytes = 16_384;
const nothing = Buffer.alloc(0);

/** Puts together a message that came in several chunks. Room grows with what has really arrived, not with what was announced. */
export class Gather {
  #bytes: Buffer = nothing;
  #filled = 0;
  #total = 0;

  get isOpen(): boolean {
    return this.#total > 0;
  }

  /** Begins with what stands from `at` on. @param total bytes of the whole. */
  begin(chunk: Buffer, at: number, total: number): void {
    const present = chunk.length - at;
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(total, Math.max(2 * present, firstBytes)));
    chunk.copy(this.#bytes, 0, at);
    this.#filled = present;
    this.#total = total;
  }

  /** Takes what belongs to the message from `at` on. @returns where the rest of the chunk begins. */
  add(chunk: Buffer, at: number): number {
    const end = at + Math.min(this.#total - this.#filled, chunk.length - at);
    const filled = this.#filled + end - at;
    if (filled > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.min(this.#total, Math.max(2 * this.#bytes.length, filled)));
      this.#bytes.copy(grown, 0, 0, this.#filled);
      this.#bytes = grown;
    }
    chunk.copy(this.#bytes, this.#filled, at, end);
    this.#filled = filled;
    return end;
  }

  /** @returns the message once it is whole; it is forgotten here. */
  take(): Buffer | undefined {
    if (this.#filled < this.#total) return undefined;
    const whole = this.#bytes;
    this.clear();
    return whole;
  }

  clear(): void {
    this.#bytes = nothing;
    this.#filled = this.#total = 0;
  }
}
