import type { Slice, Slices } from './slices.ts';

/** Steps between two looks at the clock. */
const clockSteps = 32;

/** Work in many small steps: little of it is done at once, much of it in slices of time. */
export class Pace {
  readonly #slices: Slices;
  #slice: Slice | undefined;
  #steps = 0;

  constructor(slices: Slices) {
    this.#slices = slices;
  }

  /** After each step. @returns what to wait for, as it is the turn of others; undefined to go on */
  step(): Promise<void> | undefined {
    this.#steps += 1;
    if (this.#steps % clockSteps !== 0 || this.#slice?.isOver() === false) return undefined;
    return this.#next();
  }

  async #next(): Promise<void> {
    this.#slice = await this.#slices.next();
  }
}
