import { Fifo } from '../../kernel/fifo.ts';
import type { FrameCutter, FrameTaker } from '../../mqtt/frame.ts';
import type { Refusal } from '../../mqtt/refusal.ts';
import type { Turn, Worker } from '../../plane/turn.ts';
import type { Holding, MemoryBudget } from '../memory-budget.ts';
import type { Link } from '../ports.ts';
import type { Traffic } from '../traffic.ts';

/** Who takes the packets of one client. */
export interface IntakeHost {
  take(frame: Buffer): void;
  /** A PUBACK without reason code. */
  puback(packetId: number): void;
  /** The client sent what cannot be cut into packets. */
  uncuttable(refusal: Refusal): void;
  /** There is time: goes on with packets that were taken and not handled. */
  goOn(): void;
  readonly holding: Pick<Holding, 'holdsUncut'>;
}

export interface IntakeDeps {
  readonly turn: Turn;
  readonly memory: Pick<MemoryBudget, 'isFull' | 'whenRoom'>;
  readonly traffic: Traffic;
}

/**
 * What one client sent and nobody has taken yet. It is cut into packets as long as the client's share of the turn lasts;
 * the rest stays whole until its next turn, and no more is read meanwhile.
 */
export class Intake implements Worker, FrameTaker {
  readonly #link: Pick<Link, 'pause' | 'resume'>;
  readonly #cutter: FrameCutter;
  readonly #turn: Turn;
  readonly #memory: Pick<MemoryBudget, 'isFull' | 'whenRoom'>;
  readonly #traffic: Traffic;
  readonly #host: IntakeHost;
  /** Behind what the cutter has. */
  #chunks: Fifo<Buffer> | undefined;
  #chunkBytes = 0;
  /** What was said last. */
  #keptBytes = 0;
  /** Units that are left of its share. */
  #left = 0;
  #turnNumber = -1;
  /** Parts of the connection that want no more for now. */
  #pauses = 0;
  #isLinkPaused = false;
  /** It waits for its turn. */
  #isQueued = false;
  #isClosed = false;
  #emptied: (() => void) | undefined;

  constructor(
    link: Pick<Link, 'pause' | 'resume'>,
    cutter: FrameCutter,
    { turn, memory, traffic }: IntakeDeps,
    host: IntakeHost,
  ) {
    this.#link = link;
    this.#cutter = cutter;
    this.#turn = turn;
    this.#memory = memory;
    this.#traffic = traffic;
    this.#host = host;
  }

  /** The client waits for us, so that its silence says nothing. */
  get isBehind(): boolean {
    return this.#isQueued || this.#isLinkPaused || this.#pauses > 0;
  }

  push(chunk: Buffer): void {
    if (this.#isClosed) return;
    this.#traffic.bytesReceived += chunk.length;
    if (this.#pauses === 0 && this.#isEmpty && this.hasTime()) this.#cut(chunk);
    else {
      this.#chunks ??= new Fifo();
      this.#chunks.push(chunk);
      this.#chunkBytes += chunk.length;
      this.#pauseLink();
    }
    this.#account();
  }

  /** From the cutter. @returns whether the next may follow */
  take(frame: Buffer): boolean {
    this.#host.take(frame);
    return this.#goesOn();
  }

  /** The same of a PUBACK. */
  takePuback(packetId: number): boolean {
    this.#host.puback(packetId);
    return this.#goesOn();
  }

  /** Whether the client may have one more packet handled in this turn; where not, it waits for another. */
  hasTime(): boolean {
    if (this.#turnNumber !== this.#turn.number) this.#renew();
    if (this.#left > 0 && this.#turn.spend(0)) return true;
    this.#wait();
    return false;
  }

  /** Counts what was done for the client beyond taking a packet, in units of `Turn`. */
  spend(units: number): void {
    this.#left -= units;
    this.#turn.spend(units);
  }

  /** The same of what is still to be done when the turn ends. */
  owe(units: number): void {
    this.#left -= units;
    this.#turn.owe(units);
  }

  goOn(): void {
    this.#isQueued = false;
    if (this.#isClosed) return;
    this.#renew();
    this.#host.goOn();
    this.#cutRest();
    if (!this.#isEmpty) this.#pauseLink();
    this.#account();
  }

  /** Takes nothing until `resume`, once for each call. */
  pause(): void {
    this.#pauses += 1;
    this.#pauseLink();
  }

  resume(): void {
    this.#pauses -= 1;
    if (this.#isEmpty) this.#resumeLink();
    else this.#wait();
  }

  /** Takes nothing while the memory of all connections is full. */
  waitForMemory(): void {
    if (!this.#memory.isFull) return;
    this.pause();
    this.#memory.whenRoom(() => this.resume());
  }

  /** The client sends nothing more. @param emptied called when everything that it sent was taken */
  end(emptied: () => void): void {
    if (this.#isEmpty) emptied();
    else this.#emptied = emptied;
  }

  /** Nothing more is taken, whatever it is; what was taken is still handled. Called inside `take`. */
  ignoreRest(): void {
    this.#drop();
  }

  /** Nothing is taken any more, also not the rest. */
  close(): void {
    this.#isClosed = true;
    this.#drop();
    if (this.#emptied !== undefined) this.#turn.later({ goOn: this.#emptied });
    this.#emptied = undefined;
  }

  get #isEmpty(): boolean {
    return !this.#cutter.isHalted && (this.#chunks === undefined || this.#chunks.length === 0);
  }

  #drop(): void {
    this.#cutter.stop();
    this.#chunks = undefined;
    this.#chunkBytes = 0;
  }

  #account(): void {
    const bytes = this.#chunkBytes + this.#cutter.keptBytes;
    if (bytes === this.#keptBytes) return;
    this.#keptBytes = bytes;
    this.#host.holding.holdsUncut(bytes);
  }

  #goesOn(): boolean {
    this.#traffic.packetsReceived += 1;
    this.#left -= 1;
    return this.#turn.spend(1) && this.#left > 0 && this.#pauses === 0;
  }

  #cut(chunk: Buffer | undefined): void {
    const refusal = chunk === undefined ? this.#cutter.goOn(this) : this.#cutter.push(chunk, this);
    if (refusal !== undefined) this.#host.uncuttable(refusal);
    else if (this.#cutter.isHalted) this.#wait();
  }

  #cutRest(): void {
    while (!this.#isEmpty && !this.#isClosed && this.#pauses === 0 && this.hasTime())
      this.#cut(this.#cutter.isHalted ? undefined : this.#nextChunk());
    if (this.#isClosed || !this.#isEmpty) return;
    this.#resumeLink();
    const emptied = this.#emptied;
    this.#emptied = undefined;
    emptied?.();
  }

  #nextChunk(): Buffer | undefined {
    const chunk = this.#chunks?.shift();
    this.#chunkBytes -= chunk?.length ?? 0;
    return chunk;
  }

  #renew(): void {
    this.#turnNumber = this.#turn.number;
    this.#left = this.#turn.share;
  }

  #wait(): void {
    if (this.#isQueued || this.#isClosed) return;
    this.#isQueued = true;
    this.#turn.later(this);
  }

  #pauseLink(): void {
    if (this.#isLinkPaused) return;
    this.#isLinkPaused = true;
    this.#link.pause();
  }

  #resumeLink(): void {
    if (!this.#isLinkPaused || this.#pauses > 0) return;
    this.#isLinkPaused = false;
    this.#link.resume();
  }
}
