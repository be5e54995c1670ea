import { totalmem } from 'node:os';
import type { Events } from '../kernel/telemetry-ports.ts';
import { memoryShort } from './events.ts';

/** Shares of the budget. Each step begins above its own, and ends below the one before. */
const steps = { leaveOut: 0.5, close: 0.7, wait: 0.85 } as const;
type Marks = Readonly<Record<keyof typeof steps, number>>;
/** In bytes, as each packet asks. */
const marksOf = (maxBytes: number): Marks => ({
  leaveOut: Math.floor(steps.leaveOut * maxBytes),
  close: Math.floor(steps.close * maxBytes),
  wait: Math.floor(steps.wait * maxBytes),
});

/** A link that holds less is not slow; closing it would free nothing. */
const slowBytes = 64 * 1024;

/** Where `limits.memory` is left out: a quarter of what the machine, or the container, has for this process. */
export function usualMemory(): number {
  const constrained = process.constrainedMemory();
  const available = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.floor(available / 4);
}

/** What is held in memory for one connection. */
export class Holding {
  readonly #budget: MemoryBudget;
  readonly #close: (reason: string) => void;
  #outbound = 0;
  #inbound = 0;
  #uncut = 0;

  /** @param close ends the connection */
  constructor(budget: MemoryBudget, close: (reason: string) => void) {
    this.#budget = budget;
    this.#close = close;
  }

  /** Bytes that it is up to the client to take, or to bring to an end. */
  get awaited(): number {
    return this.#outbound + this.#uncut;
  }

  /** Bytes on their way to the client. */
  holdsOutbound(bytes: number): void {
    const change = bytes - this.#outbound;
    if (change === 0) return;
    this.#outbound = bytes;
    this.#budget.change(change, this);
  }

  /** Bytes of the client that are not handled. */
  holdsInbound(bytes: number): void {
    const change = bytes - this.#inbound;
    this.#inbound = bytes;
    this.#budget.change(change, this);
  }

  /** Bytes of the client that are no packet yet. */
  holdsUncut(bytes: number): void {
    const change = bytes - this.#uncut;
    this.#uncut = bytes;
    this.#budget.change(change, this);
  }

  /** The connection is over. */
  release(): void {
    this.holdsOutbound(0);
    this.holdsInbound(0);
    this.holdsUncut(0);
  }

  close(reason: string): void {
    this.#close(reason);
  }
}

/** Connections that are closed in one turn of the event loop: each has a session to leave behind, and a line in the log. */
const closedAtOnce = 8;

/**
 * Memory for what is on its way, of all connections together. When it runs short, QoS 0 messages to slow links are left
 * out, then the slowest links are closed, then whoever publishes or connects waits.
 */
export class MemoryBudget {
  #maxBytes: number;
  #marks: Marks;
  readonly #events: Events;
  readonly #slow = new Set<Holding>();
  readonly #told = new Set<keyof typeof steps>();
  #bytes = 0;
  #waiting: (() => void)[] = [];
  #isRelieving = false;

  constructor(maxBytes: number, events: Events) {
    this.#maxBytes = maxBytes;
    this.#marks = marksOf(maxBytes);
    this.#events = events;
  }

  /** What is held counts against this from now on; more than that is let go at once. */
  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    this.#marks = marksOf(maxBytes);
    if (this.isShort) this.#runsShort();
    else this.#told.clear();
    if (this.#waiting.length > 0 && !this.#isAbove('close')) this.#letGo();
  }

  /** Held at the moment. */
  get bytes(): number {
    return this.#bytes;
  }

  /** QoS 0 messages to slow links are to be left out. */
  get isShort(): boolean {
    return this.#isAbove('leaveOut');
  }

  /** Who publishes or connects has to wait. */
  get isFull(): boolean {
    return this.#isAbove('wait');
  }

  /** Called once for each batch. */
  change(bytes: number, holding: Holding): void {
    this.#bytes += bytes;
    if (holding.awaited > slowBytes) this.#slow.add(holding);
    else if (this.#slow.size > 0) this.#slow.delete(holding);
    if (bytes > 0) {
      if (this.isShort) this.#runsShort();
    } else if (this.#told.size > 0 && !this.isShort) this.#told.clear();
    if (this.#waiting.length > 0 && !this.#isAbove('close')) this.#letGo();
  }

  /** @param task called, not at once, when there is memory again */
  whenRoom(task: () => void): void {
    this.#tell('wait');
    this.#waiting.push(task);
  }

  #isAbove(step: keyof typeof steps): boolean {
    return this.#bytes > this.#marks[step];
  }

  #runsShort(): void {
    this.#tell('leaveOut');
    if (this.#isRelieving || !this.#isAbove('close')) return;
    this.#isRelieving = true;
    queueMicrotask(() => {
      // whoever is writing just now has finished
      if (this.#isAbove('close')) this.#relieve();
      else this.#isRelieving = false;
    });
  }

  readonly #relieve = (): void => {
    this.#isRelieving = false;
    this.#tell('close');
    const slowest = [...this.#slow].sort((a, b) => b.awaited - a.awaited);
    for (const [closed, holding] of slowest.entries()) {
      if (!this.isShort) return;
      if (closed === closedAtOnce) {
        this.#isRelieving = true;
        setImmediate(() => {
          if (this.isShort) this.#relieve();
          else this.#isRelieving = false;
        });
        return;
      }
      holding.close(
        `memory is short (limits.memory, ${this.#maxBytes} bytes), and ${holding.awaited} bytes wait for this client`,
      );
    }
  };

  #letGo(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    setImmediate(() => {
      for (const task of waiting) task();
    });
  }

  #tell(step: keyof typeof steps): void {
    if (this.#told.has(step)) return;
    this.#told.add(step);
    this.#events.emit(memoryShort, { step, bytes: this.#bytes, limit: this.#maxBytes });
  }
}
