/**
 * Counts bytes that were sent and that the server has not confirmed: the client library buffers without limit, so this
 * is where the limit is. It sends a ping now and then; what went before it is confirmed by the pong.
 */
export class UnconfirmedBytes {
  readonly #maxBytes: number;
  readonly #probeBytes: number;
  readonly #roundTrip: () => Promise<void>;
  #bytes = 0;
  #sinceProbe = 0;
  #isProbing = false;

  /** @param roundTrip resolves when the server has handled everything sent before; rejects when the connection ends. */
  constructor(maxBytes: number, roundTrip: () => Promise<void>) {
    this.#maxBytes = maxBytes;
    this.#probeBytes = Math.min(262_144, maxBytes / 8);
    this.#roundTrip = roundTrip;
  }

  hasRoomFor(bytes: number): boolean {
    return this.#bytes + bytes <= this.#maxBytes;
  }

  /** Call after `bytes` were sent. */
  add(bytes: number): void {
    this.#bytes += bytes;
    this.#sinceProbe += bytes;
    if (!this.#isProbing && this.#sinceProbe >= this.#probeBytes) this.#probe();
  }

  #probe(): void {
    this.#isProbing = true;
    this.#sinceProbe = 0;
    const bytes = this.#bytes;
    const confirmed = () => {
      this.#bytes -= bytes;
      this.#isProbing = false;
      if (this.#sinceProbe >= this.#probeBytes) this.#probe();
    };
    // A failure means that the connection is gone, and with it this counter.
    this.#roundTrip().then(confirmed, () => undefined);
  }
}
