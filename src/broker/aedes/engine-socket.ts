/** Where the engine's bytes go. */
export interface EngineSink {
  send(batch: readonly Uint8Array[]): void;
  /** The engine closed the connection; everything it wrote has been sent before. */
  ended(): void;
}

/**
 * What the engine takes for the socket of a client. It only ever writes to it and destroys it: packets are handed to the
 * engine one by one, and what is slow about the real link is the edge's to handle. So nothing here is a stream.
 */
export class EngineSocket {
  destroyed = false;
  readonly #sink: EngineSink;
  #corked: Uint8Array[] | undefined;

  constructor(sink: EngineSink) {
    this.#sink = sink;
  }

  write(piece: Uint8Array | string): boolean {
    const data = typeof piece === 'string' ? Buffer.from(piece) : piece;
    if (this.#corked !== undefined) this.#corked.push(data);
    else if (!this.destroyed) this.#sink.send([data]);
    return true;
  }

  /** A packet is written in pieces between `cork` and `uncork`. */
  cork(): void {
    this.#corked ??= [];
  }

  uncork(): void {
    const batch = this.#corked;
    this.#corked = undefined;
    if (batch !== undefined && batch.length > 0 && !this.destroyed) this.#sink.send(batch);
  }

  destroy(): void {
    if (this.destroyed) return;
    this.uncork();
    this.destroyed = true;
    this.#sink.ended();
  }

  on(): this {
    return this;
  }

  once(): this {
    return this;
  }

  emit(): boolean {
    return false;
  }

  removeListener(): this {
    return this;
  }

  removeAllListeners(): this {
    return this;
  }

  setMaxListeners(): this {
    return this;
  }
}
