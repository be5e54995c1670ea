/** The fuzzer's only source of chance: the same seed and stream give the same choices on every machine. */
export class Random {
  #a: number;
  #b: number;
  #c = 0x9e3779b9;
  #counter = 1;

  /** @param seed and @param stream any integers; streams of one seed have nothing in common. */
  constructor(seed: number, stream = 0) {
    this.#a = seed | 0;
    this.#b = stream | 0;
    for (let round = 0; round < 16; round++) this.#next(); // small seeds differ in few bits
  }

  /** 0 to `below` - 1; 0 where `below` is 0. */
  int(below: number): number {
    return below <= 0 ? 0 : this.#next() % below;
  }

  between(least: number, most: number): number {
    return least + this.int(most - least + 1);
  }

  /** @param probability 0 to 1 */
  chance(probability: number): boolean {
    return this.#next() / 0x1_0000_0000 < probability;
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.int(choices.length)];
    if (choice === undefined) throw new RangeError('there is nothing to choose from');
    return choice;
  }

  /** A choice where some are likelier. @param choices each with its weight, a positive integer. */
  weighted<T>(choices: readonly (readonly [weight: number, choice: T])[]): T {
    let rest = this.int(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, choice] of choices) if ((rest -= weight) < 0) return choice;
    throw new RangeError('there is nothing to choose from');
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.int(256)));
  }

  /** `least` to `most` values made one after the other. */
  many<T>(least: number, most: number, make: () => T): T[] {
    return Array.from({ length: this.between(least, most) }, make);
  }

  /** sfc32: small, quick, and without the weak low bits of a multiplicative generator. */
  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }
}
