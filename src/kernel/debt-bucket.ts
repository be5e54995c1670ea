import type { Clock } from './clock.ts';
import { secondMs } from './duration.ts';

/** A token bucket that may be overdrawn: whoever took too much waits until nothing is owed. A second's worth is saved up. */
export class DebtBucket {
  readonly #perSecond: number;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #left: number;
  #atMs: number;

  constructor(perSecond: number, clock: Pick<Clock, 'monotonic'>) {
    this.#perSecond = perSecond;
    this.#clock = clock;
    this.#left = perSecond;
    this.#atMs = clock.monotonic();
  }

  /** @returns milliseconds until nothing is owed; 0 where nothing is */
  take(count: number): number {
    this.#fill();
    this.#left -= count;
    return this.#owedMs();
  }

  owedMs(): number {
    this.#fill();
    return this.#owedMs();
  }

  /** Nothing was taken for a while. */
  get isFull(): boolean {
    this.#fill();
    return this.#left >= this.#perSecond;
  }

  #owedMs(): number {
    return this.#left >= 0 ? 0 : (-this.#left * secondMs) / this.#perSecond;
  }

  #fill(): void {
    const now = this.#clock.monotonic();
    this.#left = Math.min(this.#perSecond, this.#left + ((now - this.#atMs) * this.#perSecond) / secondMs);
    this.#atMs = now;
  }
}
