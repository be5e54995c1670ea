import type { Clock } from '../../kernel/clock.ts';

export interface BreakerOptions {
  /** Failures one after the other before nobody is asked for a while. */
  readonly failures: number;
  /** How long that is. */
  readonly pauseMs: number;
}

/** What came of one attempt; `given-up`: nobody waited for the outcome. */
export type AttemptOutcome = 'answered' | 'failed' | 'given-up';

/**
 * Leaves a service alone that fails again and again: whoever waits for it would wait in vain, and hold what others need. After
 * the pause one asks; the others follow once it has got an answer.
 */
export class Breaker {
  readonly #options: BreakerOptions;
  readonly #clock: Clock;
  #failures = 0;
  #openUntilMs: number | undefined;
  #isTrying = false;

  constructor(options: BreakerOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** Nobody may ask now. */
  get isOpen(): boolean {
    return this.#openUntilMs !== undefined && (this.#isTrying || this.#clock.monotonic() < this.#openUntilMs);
  }

  /**
   * @returns takes what came of it; undefined where nobody may ask now. It says whether the service was taken out of use by
   *   this, or is back.
   */
  begin(): ((outcome: AttemptOutcome) => 'out' | 'back' | undefined) | undefined {
    if (this.isOpen) return undefined;
    const isTrial = this.#openUntilMs !== undefined;
    if (isTrial) this.#isTrying = true;
    return (outcome) => {
      if (isTrial) this.#isTrying = false;
      if (outcome === 'given-up') return undefined;
      if (outcome === 'failed') return this.#failed(isTrial);
      const wasOut = this.#openUntilMs !== undefined;
      this.#failures = 0;
      this.#openUntilMs = undefined;
      return wasOut ? 'back' : undefined;
    };
  }

  #failed(isTrial: boolean): 'out' | undefined {
    this.#failures += 1;
    const isOut = this.#openUntilMs !== undefined;
    if (!isTrial && (isOut || this.#failures < this.#options.failures)) return undefined;
    this.#openUntilMs = this.#clock.monotonic() + this.#options.pauseMs;
    return isOut ? undefined : 'out';
  }
}
