import { createHmac, randomBytes } from 'node:crypto';
import type { AuthenticationVerdict } from '../../broker/ports.ts';
import type { Clock } from '../../kernel/clock.ts';
import { Memo } from '../../kernel/memo.ts';

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
 * Verdicts of a little while ago, so that clients who come back do not ask again. What was asked is known by a hash under a
 * key that never leaves the process: nothing in memory tells a password, nor can one be tried against it.
 */
export class VerdictMemory {
  readonly #key = randomBytes(32);
  readonly #options: VerdictMemoryOptions;
  readonly #clock: Clock;
  readonly #known: Memo<Remembered>;

  constructor(options: VerdictMemoryOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#known = new Memo(options.maxBytes, ({ bytes }) => bytes);
  }

  /** @param question all that the answer may depend on, each part by itself. @returns its name here */
  keyOf(question: readonly (string | Uint8Array)[]): string {
    const hash = createHmac('sha256', this.#key);
    for (const part of question) hash.update(`${Buffer.byteLength(part)}:`).update(part);
    return hash.digest('base64');
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
