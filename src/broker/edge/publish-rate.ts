import type { Clock } from '../../kernel/clock.ts';
import type { Telemetry } from '../../kernel/telemetry-ports.ts';
import type { TimerWheel, WheelTimer } from '../../kernel/timer-wheel.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { type Refusal, refuse } from '../../mqtt/refusal.ts';
import { publishHeldBack } from '../limit-events.ts';
import type { AuthorizedClient } from '../ports.ts';
import type { AcknowledgementQueue } from './acknowledgement-queue.ts';
import type { Intake } from './intake.ts';
import type { PublishRateOptions } from './publish-rate-schema.ts';
import type { Allowance, PublishRates } from './publish-rates.ts';

/** What all connections share. */
export interface PublishRateSources {
  readonly rates: PublishRates;
  readonly wheel: TimerWheel;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly telemetry: Pick<Telemetry, 'events'>;
}

export interface PublishRateDeps extends PublishRateSources {
  readonly intake: Pick<Intake, 'pause' | 'resume'>;
  readonly acknowledgements: Pick<AcknowledgementQueue, 'hold' | 'release'>;
  /** Acknowledgements go out again. */
  readonly released: () => void;
}

/** @returns undefined for a client that may publish as fast as it likes */
export function publishRateOf(
  client: AuthorizedClient,
  options: PublishRateOptions,
  deps: PublishRateDeps,
): PublishRate | undefined {
  const allowance = deps.rates.allowanceOf(client, options);
  return allowance && new PublishRate(client, allowance, options.patience, deps);
}

/** A client that owes more has more under way than acknowledgements could hold back. */
const mostOwedMs = 1_000;

/**
 * Holds back a client that publishes faster than it may: its acknowledgements come later, so that one that honours its
 * window sends less; one that sends on, or at QoS 0, is not read from; and one that never rests is disconnected.
 */
export class PublishRate {
  readonly #client: AuthorizedClient;
  readonly #allowance: Allowance;
  readonly #patienceMs: number;
  readonly #deps: PublishRateDeps;
  #timer: WheelTimer | undefined;
  #isPaused = false;
  /** Since when it has not rested. */
  #sinceMs: number | undefined;

  constructor(client: AuthorizedClient, allowance: Allowance, patienceMs: number, deps: PublishRateDeps) {
    this.#client = client;
    this.#allowance = allowance;
    this.#patienceMs = patienceMs;
    this.#deps = deps;
  }

  /** A PUBLISH came. @returns why the connection must end */
  took(qos: number, bytes: number): Refusal | undefined {
    const { clock, intake, acknowledgements } = this.#deps;
    if (this.#sinceMs !== undefined && this.#allowance.isFull) this.#sinceMs = undefined;
    const owedMs = this.#allowance.take(bytes);
    if (owedMs === 0) return undefined;
    if (this.#sinceMs === undefined) {
      this.#sinceMs = clock.monotonic();
      this.#tell();
    }
    if (clock.monotonic() - this.#sinceMs > this.#patienceMs) return tooFast(this.#patienceMs);
    acknowledgements.hold();
    if (!this.#isPaused && (qos === 0 || owedMs > mostOwedMs)) {
      this.#isPaused = true;
      intake.pause();
    }
    this.#timer ??= this.#wait(owedMs);
    return undefined;
  }

  close(): void {
    this.#timer?.cancel();
    this.#allowance.leave();
  }

  #tell(): void {
    const { clientId, peer } = this.#client;
    this.#deps.telemetry.events.emit(publishHeldBack, { listener: peer?.listener ?? '', clientId });
  }

  #wait(owedMs: number): WheelTimer {
    return this.#deps.wheel.add(owedMs, () => this.#look());
  }

  #look(): void {
    const owedMs = this.#allowance.owedMs();
    this.#timer = owedMs > 0 ? this.#wait(owedMs) : undefined;
    if (owedMs > 0) return;
    this.#deps.acknowledgements.release();
    this.#deps.released();
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#deps.intake.resume();
  }
}

const tooFast = (patienceMs: number): Refusal =>
  refuse(
    reasonCodes.messageRateTooHigh,
    'limit',
    `it published faster than limits.publishRate allows for ${patienceMs / 1_000} s without a rest; slow it down, or raise the limit`,
  );
