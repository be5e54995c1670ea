/**
 * What was found out for texts that come from outside, within a number of bytes. It forgets everything when it is full:
 * whoever asks finds it out again.
 */
export class Memo<T> {
  readonly #known = new Map<string, T>();
  readonly #maxBytes: number;
  readonly #bytesOf: (value: T) => number;
  #bytes = 0;

  /** @param bytesOf what a value occupies, roughly and always the same */
  constructor(maxBytes: number, bytesOf: (value: T) => number) {
    this.#maxBytes = maxBytes;
    this.#bytesOf = bytesOf;
  }

  /** What is occupied, roughly. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#known.size;
  }

  get(key: string): T | undefined {
    return this.#known.get(key);
  }

  /** @param key not known yet. What is larger than a tenth of all is not kept. */
  set(key: string, value: T): void {
    const bytes = this.#entryBytes(key, value);
    if (bytes * 10 > this.#maxBytes) return;
    if (this.#bytes + bytes > this.#maxBytes) this.clear();
    this.#known.set(key, value);
    this.#bytes += bytes;
  }

  delete(key: string): void {
    const value = this.#known.get(key);
    if (value === undefined) return;
    this.#known.delete(key);
    this.#bytes -= this.#entryBytes(key, value);
  }

  clear(): void {
    this.#known.clear();
    this.#bytes = 0;
  }

  /** A character may take two bytes, and an entry of a map about a hundred. */
  #entryBytes(key: string, value: T): number {
    return 100 + 2 * key.length + this.#bytesOf(value);
  }
}
