import { type Clock, systemClock } from './clock.ts';
import { Fifo } from './fifo.ts';

/** Milliseconds; what a well-behaved client may have to wait for the long work of others, in one turn. */
const usualSliceMs = 2;

/** Time to go on with long work. */
export interface Slice {
  /** The rest is to wait for the next slice. Costs a look at the clock. */
  isOver(): boolean;
}

/**
 * Shares the event loop among those with long work: one slice a turn, and whoever waits longest is next. However many
 * there are, between two slices everything else has its turn; and one with much to do does not keep others with little
 * waiting.
 */
export class Slices {
  readonly #waiting = new Fifo<(slice: Slice) => void>();
  readonly #sliceMs: number;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #isComing = false;

  /** @param sliceMs how long a slice is. @param clock tells how long somebody worked */
  constructor(sliceMs = usualSliceMs, clock: Pick<Clock, 'monotonic'> = systemClock) {
    this.#sliceMs = sliceMs;
    this.#clock = clock;
  }

  /** Those that wait for a slice. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** The next slice, in a turn to come; whoever has it asks for another only when it is over. */
  next(): Promise<Slice> {
    if (!this.#isComing) setImmediate(this.#give);
    this.#isComing = true;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  readonly #give = (): void => {
    const endsAt = this.#clock.monotonic() + this.#sliceMs;
    this.#waiting.shift()?.({ isOver: () => this.#clock.monotonic() >= endsAt });
    this.#isComing = this.#waiting.length > 0;
    if (this.#isComing) setImmediate(this.#give);
  };
}
