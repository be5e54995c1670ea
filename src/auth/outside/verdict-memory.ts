import type { AuthenticationVerdict } from '../../broker/ports.ts';
import type { Clock } from '../../kernel/clock.ts';
import { Memo } from '../../kernel/memo.ts';
import { keyedDigest } from '../keyed-digest.ts';

export interface VerdictMemoryOptions {
  /** 0 remembers nothing. */
  readonly durationMs: number;
  readonly maxBytes: number;
}

interface Remembered {
  readonly verdict: AuthenticationVerdict;
  /** Monotonic. */
  readonly untilMs: number;
  readonly bytes: number;
}

/**
 * Verdicts of a little while ago, so that clients who come back do not ask again. What was asked is known by
 * its digest alone (see `keyedDigest`).
 */
export class VerdictMemory {
  /** Names a question: all that its answer may depend on, each part by itself. */
  readonly keyOf = keyedDigest();
  readonly #options: VerdictMemoryOptions;
  readonly #clock: Clock;
  readonly #known: Memo<Remembered>;

  constructor(options: VerdictMemoryOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#known = new Memo(options.maxBytes, ({ bytes }) => bytes);
  }

  get(key: string): AuthenticationVerdict | undefined {
    const found = this.#known.get(key);
    if (found === undefined) return undefined;
    const { verdict, untilMs } = found;
    const hasEnded =
      verdict.kind === 'accept' && (verdict.expiresAtMs ?? Number.POSITIVE_INFINITY) <= this.#clock.now();
    if (this.#clock.monotonic() < untilMs && !hasEnded) return verdict;
    this.#known.delete(key);
    return undefined;
  }

  set(key: string, verdict: AuthenticationVerdict): void {
    const { durationMs } = this.#options;
    if (durationMs === 0) return;
    this.#known.delete(key);
    const bytes = 2 * JSON.stringify(verdict).length;
    this.#known.set(key, { verdict, untilMs: this.#clock.monotonic() + durationMs, bytes });
  }
}
