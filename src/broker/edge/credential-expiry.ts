import type { TimerWheel, WheelTimer } from '../../kernel/timer-wheel.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { type Refusal, refuse } from '../../mqtt/refusal.ts';

export interface CredentialExpiryDeps {
  readonly wheel: TimerWheel;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** What the client showed counts no more. */
  readonly ended: (refusal: Refusal) => void;
}

/** Longest wait between two looks at the wall clock, which may be set, and goes on while the wheel stands still. */
const lookMs = 60_000;

/** Waits until what a client proved itself by expires: a connection lasts no longer than the right to it. */
export class CredentialExpiry {
  readonly #deps: CredentialExpiryDeps;
  #timer: WheelTimer;
  readonly #expiresAtMs: number;

  /** @param expiresAtMs milliseconds since the epoch */
  constructor(expiresAtMs: number, deps: CredentialExpiryDeps) {
    this.#deps = deps;
    this.#expiresAtMs = expiresAtMs;
    this.#timer = this.#wait();
  }

  cancel(): void {
    this.#timer.cancel();
  }

  #wait(): WheelTimer {
    const { wheel, now } = this.#deps;
    const leftMs = Math.max(0, this.#expiresAtMs - now());
    return wheel.add(Math.min(leftMs, lookMs), () => this.#look());
  }

  #look(): void {
    if (this.#deps.now() < this.#expiresAtMs) this.#timer = this.#wait();
    else this.#deps.ended(expired);
  }
}

const expired = refuse(
  reasonCodes.notAuthorized,
  'MQTT-4.13.1-1',
  'what the client proved itself by has expired; connect again with a new token',
);
