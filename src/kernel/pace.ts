import type { Slice, Slices } from './slices.ts';

/** Steps between two looks at the clock, where nothing else is said. */
const usualSteps = 32;

/** Work in many small steps: little of it is done at once, much of it in slices of time. */
export class Pace {
  readonly #slices: Slices;
  readonly #clockSteps: number;
  #slice: Slice | undefined;
  #steps = 0;

  /** @param clockSteps between two looks at the clock; as many are done at once before the first */
  constructor(slices: Slices, clockSteps = usualSteps) {
    this.#slices = slices;
    this.#clockSteps = clockSteps;
  }

  /** After each step. @returns what to wait for, as it is the turn of others; undefined to go on */
  step(): Promise<void> | undefined {
    this.#steps += 1;
    if (this.#steps % this.#clockSteps !== 0 || this.#slice?.isOver() === false) return undefined;
    return this.#next();
  }

  /** Others had their turn, whatever it was that was waited for. */
  rested(): void {
    this.#steps = 0;
  }

  async #next(): Promise<void> {
    this.#slice = await this.#slices.next();
  }
}
