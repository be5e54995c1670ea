import { type Clock, systemClock } from '../kernel/clock.ts';
import { Fifo } from '../kernel/fifo.ts';
import { PacketRoom } from './packet-room.ts';

/** Something with bytes to send. */
export interface Flushable {
  flush(): void;
}

/** Something with more to do than it may do in one turn. */
export interface Worker {
  /** Does one share; what is left asks for another turn by `later`. */
  goOn(): void;
}

/** What a share is counted in: about what it costs to route one small message to one client. */
const unitMs = 0.002;
const largestShare = 512;
const smallestShare = 32;
/** Divided among all that wait. */
const sharedUnits = 2_048;

/** Milliseconds of work in one turn of the event loop; what waited before gets no more than half. */
const turnMs = 10;
/** Units after which the clock is looked at, which costs as much as a small packet on a bad day. */
const clockUnits = 16;

/**
 * A turn of the event loop, shared by all connections. What they send leaves once a turn: all that the sockets of one poll
 * brought, one batch a link, and at once after the one message when nothing else is going on. What they do is bounded: who
 * has more to do than its share, or than the turn has time for, waits for the next and gets one share after the other, as
 * do all others that wait.
 */
export class Turn {
  /** Changes from turn to turn, at least where there was more than a handful to do. */
  number = 0;
  /** For short packets of all links. */
  readonly room = new PacketRoom();
  #flushables: Flushable[] = [];
  readonly #workers = new Fifo<Worker>();
  #immediate: NodeJS.Immediate | undefined;
  #units = 0;
  /** Units that the end of the turn will take. */
  #owed = 0;
  /** Undefined until the turn has had a handful to do. */
  #startMs: number | undefined;
  #hasTime = true;
  readonly #clock: Pick<Clock, 'monotonic'>;

  /** @param clock tells how long the turn took */
  constructor(clock: Pick<Clock, 'monotonic'> = systemClock) {
    this.#clock = clock;
  }

  /** @param flushable has something to send now, and had nothing before. */
  add(flushable: Flushable): void {
    this.#flushables.push(flushable);
    this.#arm();
  }

  /** @param worker gets its next share as soon as it is its turn. */
  later(worker: Worker): void {
    this.#workers.push(worker);
    this.#arm();
  }

  /** Resolves in a later turn, when it is the caller's. */
  next(): Promise<void> {
    return new Promise((resolve) => this.later({ goOn: resolve }));
  }

  /** Units that one may use before others have their turn. */
  get share(): number {
    const equal = Math.trunc(sharedUnits / (this.#workers.length + 1));
    return Math.min(largestShare, Math.max(smallestShare, equal));
  }

  /** Counts work that was done. @returns whether there is time for more in this turn. */
  spend(units: number): boolean {
    this.#units += units;
    if (this.#units >= clockUnits) this.#lookAtClock();
    return this.#hasTime;
  }

  /** Counts work that what was done leaves for the end of the turn. */
  owe(units: number): void {
    this.#owed += units;
    this.spend(clockUnits);
  }

  /** Forgets what waits; for the end. */
  stop(): void {
    if (this.#immediate !== undefined) clearImmediate(this.#immediate);
    this.#immediate = undefined;
    this.#flushables = [];
    this.#workers.clear();
  }

  #lookAtClock(): void {
    this.#units = 0;
    const now = this.#clock.monotonic();
    if (this.#startMs === undefined) {
      this.#startMs = now;
      this.#arm(); // or nothing would end the turn
    } else if (now - this.#startMs + this.#owed * unitMs > turnMs) this.#hasTime = false;
  }

  #arm(): void {
    this.#immediate ??= setImmediate(this.#begin);
  }

  readonly #begin = (): void => {
    this.#immediate = undefined;
    this.number += 1;
    this.#units = 0;
    this.#owed = 0;
    this.#startMs = undefined;
    this.#hasTime = true;
    if (this.#workers.length > 0) this.#work();
    const flushables = this.#flushables;
    this.#flushables = [];
    for (const flushable of flushables) flushable.flush();
    if (this.#workers.length > 0) this.#arm();
  };

  /** The other half of the turn is for what its poll brings. */
  #work(): void {
    const startMs = this.#clock.monotonic();
    this.#startMs = startMs;
    do this.#workers.shift()?.goOn();
    while (this.#workers.length > 0 && this.#clock.monotonic() - startMs < turnMs / 2);
    this.#arm(); // what they began goes on in this turn, and has to end with it
  }
}
