import type { OwnerNumber } from '../files/keys.ts';

interface Numbered {
  readonly number: OwnerNumber;
}

const usualMinGaps = 1_000;

/**
 * Owners by number. New ones have higher numbers than all before, so a list in their order is enough, which takes a
 * fraction of the time and the memory of a map.
 */
export class NumberedOwners<T extends Numbered> {
  readonly #minGaps: number;
  #list: (T | undefined)[] = [];
  /** The numbers, of those that are gone too. */
  #numbers: OwnerNumber[] = [];
  #gaps = 0;
  /** Where the last one was found. */
  #last = 0;

  /** @param minGaps fewer are not worth closing. */
  constructor(minGaps = usualMinGaps) {
    this.#minGaps = minGaps;
  }

  /** What is kept in memory: one for each owner, and at most as many that are gone. */
  get places(): number {
    return this.#list.length;
  }

  /** @param owner with a higher number than all before. */
  add(owner: T): void {
    this.#list.push(owner);
    this.#numbers.push(owner.number);
  }

  /** Costs next to nothing for the number that was looked for last, and the one after it. */
  find(number: OwnerNumber): T | undefined {
    const at = this.#placeOf(number);
    return at === undefined ? undefined : this.#list[at];
  }

  delete(number: OwnerNumber): void {
    const at = this.#placeOf(number);
    if (at === undefined || this.#list[at] === undefined) return;
    this.#list[at] = undefined;
    this.#gaps += 1;
    if (this.#gaps > this.#minGaps && this.#gaps * 2 > this.#list.length) this.#closeGaps();
  }

  #placeOf(number: OwnerNumber): number | undefined {
    const numbers = this.#numbers;
    if (numbers[this.#last] !== number)
      this.#last = numbers[this.#last + 1] === number ? this.#last + 1 : this.#search(number);
    return numbers[this.#last] === number ? this.#last : undefined;
  }

  /** @returns the place of the first number that is not lower. */
  #search(number: OwnerNumber): number {
    let from = 0;
    let to = this.#numbers.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#numbers[middle]! < number) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  #closeGaps(): void {
    this.#list = this.#list.filter((owner) => owner !== undefined);
    this.#numbers = this.#list.map((owner) => owner?.number ?? 0);
    this.#gaps = 0;
    this.#last = 0;
  }
}
