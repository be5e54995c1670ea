import { Fifo } from '../../kernel/fifo.ts';

export interface HandoverDeps {
  readonly hand: (frame: Buffer) => void;
  readonly pause: () => void;
  readonly resume: () => void;
  /** Bytes that may wait before reading from the client pauses. */
  readonly maxWaitingBytes: number;
}

/** The engine gets one packet at a time, so that a SUBSCRIBE never sees a PUBLISH sent before it. */
export class Handover {
  readonly #deps: HandoverDeps;
  readonly #waiting = new Fifo<Buffer>();
  #waitingBytes = 0;
  #isHandling = false;
  #isPaused = false;
  #isClosed = false;

  constructor(deps: HandoverDeps) {
    this.#deps = deps;
  }

  /** Nothing waits for the engine and it handles nothing. */
  get isIdle(): boolean {
    return !this.#isHandling && this.#waiting.length === 0;
  }

  push(frame: Buffer): void {
    this.#waiting.push(frame);
    this.#waitingBytes += frame.length;
    if (!this.#isPaused && this.#waitingBytes > this.#deps.maxWaitingBytes) {
      this.#isPaused = true;
      this.#deps.pause();
    }
    this.#next();
  }

  /** The engine is through with the packet that it had. */
  handled(): void {
    this.#isHandling = false;
    this.#next();
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting.clear();
  }

  #next(): void {
    while (!this.#isHandling && !this.#isClosed) {
      const frame = this.#waiting.shift();
      if (frame === undefined) break;
      this.#waitingBytes -= frame.length;
      this.#isHandling = true;
      this.#deps.hand(frame);
    }
    if (this.#isPaused && this.#waitingBytes * 2 < this.#deps.maxWaitingBytes) {
      this.#isPaused = false;
      this.#deps.resume();
    }
  }
}
