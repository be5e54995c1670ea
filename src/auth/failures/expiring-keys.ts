import { putNewest } from '../../kernel/newest.ts';

/** Keys that count for a while, as many as fit; the one that was added the longest ago makes room. */
export class ExpiringKeys {
  readonly #untilMs = new Map<string, number>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  add(key: string, untilMs: number): void {
    putNewest(this.#untilMs, key, untilMs, this.#most);
  }

  has(key: string, nowMs: number): boolean {
    const untilMs = this.#untilMs.get(key);
    if (untilMs === undefined) return false;
    if (untilMs > nowMs) return true;
    this.#untilMs.delete(key);
    return false;
  }

  delete(key: string): void {
    this.#untilMs.delete(key);
  }
}
