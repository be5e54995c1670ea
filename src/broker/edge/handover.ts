import { Fifo } from '../../kernel/fifo.ts';
import type { Holding } from '../memory-budget.ts';
import type { Intake } from './intake.ts';

/** Who hands packets over. */
export interface HandoverHost {
  /** Deals with a packet, and says `handled`. */
  hand(frame: Buffer): void;
  readonly intake: Pick<Intake, 'hasTime' | 'pause' | 'resume'>;
  readonly holding: Pick<Holding, 'holdsInbound'>;
}

/** What a packet costs that waits, beside its bytes; most of it for the object that stands for them. */
const overheadBytes = 128;

/** What waits, and takes long, is dealt with one packet at a time, so that a SUBSCRIBE sees no PUBLISH sent before it. */
export class Handover {
  readonly #host: HandoverHost;
  #maxWaitingBytes: number;
  readonly #waiting = new Fifo<Buffer>();
  #waitingBytes = 0;
  #isHandling = false;
  #isLooping = false;
  #isPaused = false;
  #isClosed = false;
  #whenIdle: (() => void) | undefined;

  /** @param maxWaitingBytes that may wait before reading from the client pauses */
  constructor(host: HandoverHost, maxWaitingBytes: number) {
    this.#host = host;
    this.#maxWaitingBytes = maxWaitingBytes;
  }

  /** More, or less, may wait from now on. */
  allow(maxWaitingBytes: number): void {
    this.#maxWaitingBytes = maxWaitingBytes;
  }

  /** Nothing waits and nothing is dealt with. */
  get isIdle(): boolean {
    return !this.#isHandling && this.#waitingBytes === 0; // asked for each PUBLISH, so of nothing further away
  }

  /** Something waits behind what is dealt with. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  push(frame: Buffer): void {
    this.#waiting.push(frame);
    this.#waitingBytes += frame.length + overheadBytes;
    if (!this.#isPaused && this.#waitingBytes > this.#maxWaitingBytes) {
      this.#isPaused = true;
      this.#host.intake.pause();
    }
    if (!this.#isLooping) this.#next();
    if (this.#waitingBytes > 0) this.#host.holding.holdsInbound(this.#waitingBytes);
  }

  /** There is time again. */
  goOn(): void {
    if (!this.#isLooping) this.#next();
  }

  /** A packet that did not have to wait is dealt with, until `handled`. Called while it is idle. */
  begin(): void {
    this.#isHandling = true;
  }

  /** The packet was dealt with. */
  handled(): void {
    this.#isHandling = false;
    if (!this.#isLooping) this.#next(); // that may be before `hand` has returned
  }

  /** Calls back when nothing waits and nothing is handled any more; never once it is closed. */
  whenIdle(done: () => void): void {
    this.#whenIdle = done;
    if (!this.#isLooping) this.#next();
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting.clear();
  }

  #next(): void {
    this.#isLooping = true;
    while (!this.#isHandling && !this.#isClosed && this.#waiting.length > 0 && this.#host.intake.hasTime()) {
      const frame = this.#waiting.shift()!;
      this.#waitingBytes -= frame.length + overheadBytes;
      this.#isHandling = true;
      this.#host.hand(frame);
    }
    this.#isLooping = false;
    if (this.#waitingBytes === 0) this.#host.holding.holdsInbound(0);
    if (this.#isPaused && this.#waitingBytes * 2 < this.#maxWaitingBytes) {
      this.#isPaused = false;
      this.#host.intake.resume();
    }
    if (this.#whenIdle !== undefined && this.isIdle && !this.#isClosed) this.#whenIdle();
  }
}
