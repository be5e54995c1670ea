import { Fifo } from '../../kernel/fifo.ts';

/** Who hands packets over. */
export interface HandoverHost {
  /** Gives a packet to the engine. */
  hand(frame: Buffer): void;
  /** Stops reading from the client. */
  pause(): void;
  resume(): void;
}

/** The engine gets one packet at a time, so that a SUBSCRIBE never sees a PUBLISH sent before it. */
export class Handover {
  readonly #host: HandoverHost;
  readonly #maxWaitingBytes: number;
  readonly #waiting = new Fifo<Buffer>();
  #waitingBytes = 0;
  #isHandling = false;
  #isLooping = false;
  #isPaused = false;
  #isClosed = false;

  /** @param maxWaitingBytes that may wait before reading from the client pauses */
  constructor(host: HandoverHost, maxWaitingBytes: number) {
    this.#host = host;
    this.#maxWaitingBytes = maxWaitingBytes;
  }

  /** Nothing waits for the engine and it handles nothing. */
  get isIdle(): boolean {
    return !this.#isHandling && this.#waiting.length === 0;
  }

  push(frame: Buffer): void {
    this.#waiting.push(frame);
    this.#waitingBytes += frame.length;
    if (!this.#isPaused && this.#waitingBytes > this.#maxWaitingBytes) {
      this.#isPaused = true;
      this.#host.pause();
    }
    if (!this.#isLooping) this.#next();
  }

  /** The engine is through with the packet that it had. */
  handled(): void {
    this.#isHandling = false;
    if (!this.#isLooping) this.#next(); // the engine may be through before it has returned
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting.clear();
  }

  #next(): void {
    this.#isLooping = true;
    while (!this.#isHandling && !this.#isClosed) {
      const frame = this.#waiting.shift();
      if (frame === undefined) break;
      this.#waitingBytes -= frame.length;
      this.#isHandling = true;
      this.#host.hand(frame);
    }
    this.#isLooping = false;
    if (this.#isPaused && this.#waitingBytes * 2 < this.#maxWaitingBytes) {
      this.#isPaused = false;
      this.#host.resume();
    }
  }
}
