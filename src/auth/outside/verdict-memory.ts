import type { Clock } from '../../kernel/clock.ts';
import { Memo } from '../../kernel/memo.ts';
import { keyedDigest } from '../keyed-digest.ts';

export interface VerdictMemoryOptions {
  /** 0 remembers nothing. */
  readonly durationMs: number;
  readonly maxBytes: number;
}

export interface Remembered<V> {
  readonly verdict: V;
  /** It counts until then; monotonic. */
  readonly untilMs: number;
}

/**
 * Verdicts of a little while ago, so that clients who come back do not ask again. What was asked is known by
 * its digest alone (see `keyedDigest`).
 */
export class VerdictMemory<V> {
  /** Names a question: all that its answer may depend on, each part by itself. */
  readonly keyOf = keyedDigest();
  readonly #options: VerdictMemoryOptions;
  readonly #clock: Clock;
  readonly #endOf: (verdict: V) => number | undefined;
  readonly #known: Memo<Remembered<V> & { readonly bytes: number }>;

  /** @param endOf by the wall clock, of a verdict that does not count for ever */
  constructor(options: VerdictMemoryOptions, clock: Clock, endOf: (verdict: V) => number | undefined) {
    this.#options = options;
    this.#clock = clock;
    this.#endOf = endOf;
    this.#known = new Memo(options.maxBytes, ({ bytes }) => bytes);
  }

  get(key: string): Remembered<V> | undefined {
    const found = this.#known.get(key);
    if (found === undefined) return undefined;
    const hasEnded = (this.#endOf(found.verdict) ?? Number.POSITIVE_INFINITY) <= this.#clock.now();
    if (this.#clock.monotonic() < found.untilMs && !hasEnded) return found;
    this.#known.delete(key);
    return undefined;
  }

  /** @returns how it is remembered, if at all */
  set(key: string, verdict: V): Remembered<V> {
    const { durationMs } = this.#options;
    const remembered = { verdict, untilMs: this.#clock.monotonic() + durationMs };
    if (durationMs === 0) return remembered;
    this.#known.delete(key);
    this.#known.set(key, { ...remembered, bytes: 2 * JSON.stringify(verdict).length });
    return remembered;
  }
}
