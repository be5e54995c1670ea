import { putNewest } from '../../kernel/newest.ts';

export interface LoginMemoryOptions {
  /** Milliseconds; 0 remembers nothing. */
  readonly forMs: number;
  /** Beyond it the oldest is forgotten. */
  readonly count: number;
}

interface Remembered {
  /** The hash that the password was held against; undefined: the user had none. */
  readonly hash: string | undefined;
  /** Milliseconds of the monotonic clock. */
  readonly until: number;
}

/**
 * Which logins were judged lately. A verdict holds as long as the line of its user in the file is the one that it was
 * found with, so that a changed or removed user is asked for the password again at once.
 */
export class LoginMemory {
  readonly #options: LoginMemoryOptions;
  readonly #known = new Map<string, Remembered>();

  constructor(options: LoginMemoryOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#known.size;
  }

  /** @param key of user and password, see `keyedDigest` @param hash of the user now @param now milliseconds of the monotonic clock */
  has(key: string, hash: string | undefined, now: number): boolean {
    const known = this.#known.get(key);
    return known !== undefined && known.hash === hash && known.until > now;
  }

  add(key: string, hash: string | undefined, now: number): void {
    const { forMs, count } = this.#options;
    if (forMs > 0) putNewest(this.#known, key, { hash, until: now + forMs }, count);
  }
}
