import type { HubOptions } from './schema.ts';

const maxPingsOut = 2;

/** What is to be done about a client that says nothing. */
export type SilenceVerdict = 'connect-timeout' | 'stale' | 'ping' | undefined;

/** How long one client has said nothing. */
export class Silence {
  /** It has sent an operation. */
  hasSpoken = false;
  /** Bytes came since the last look. */
  isActive = false;
  #heardAt: number;
  #pingsOut = 0;

  /** @param now monotonic, as in `judge` */
  constructor(now: number) {
    this.#heardAt = now;
  }

  judge(now: number, { connectTimeout, pingInterval }: HubOptions): SilenceVerdict {
    // Bytes that do not become an operation buy no time.
    if (this.isActive && this.hasSpoken) {
      this.isActive = false;
      this.#heardAt = now;
      this.#pingsOut = 0;
    }
    const silentMs = now - this.#heardAt;
    if (!this.hasSpoken) return silentMs >= connectTimeout ? 'connect-timeout' : undefined;
    if (silentMs < pingInterval * (this.#pingsOut + 1)) return undefined;
    this.#pingsOut += 1;
    return this.#pingsOut > maxPingsOut ? 'stale' : 'ping';
  }
}
