import { Duplex } from 'node:stream';

/** Where the engine's bytes go. */
export interface EngineSink {
  send(batch: readonly Uint8Array[]): void;
  /** True while the peer does not take what was sent; writing pauses until `drained`. */
  isCongested(): boolean;
  /** The engine closed the connection; everything it wrote has been sent before. */
  ended(): void;
}

/** The in-memory stream that the engine takes for a connection. */
export class EngineStream extends Duplex {
  readonly #sink: EngineSink;
  #waiting: (() => void) | undefined;

  constructor(sink: EngineSink) {
    super({ readableHighWaterMark: 1, autoDestroy: true, emitClose: true });
    this.#sink = sink;
  }

  /** The peer took what was buffered. */
  drained(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }

  override _read(): void {
    // frames are pushed as they come; there is nothing to pull
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#send([chunk], done);
  }

  override _writev(chunks: readonly { chunk: Buffer }[], done: () => void): void {
    this.#send(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  override _destroy(_error: Error | null, done: (error?: Error | null) => void): void {
    this.#waiting = undefined;
    this.#sink.ended();
    done(null);
  }

  #send(batch: readonly Buffer[], done: () => void): void {
    this.#sink.send(batch);
    if (this.#sink.isCongested()) this.#waiting = done;
    else done();
  }
}
