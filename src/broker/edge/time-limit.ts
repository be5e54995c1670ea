import type { WheelTimer } from '../../kernel/timer-wheel.ts';
import type { ConnectPacket } from '../../mqtt/connect.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { type Refusal, refuse } from '../../mqtt/refusal.ts';
import type { LimitsOptions } from '../schema.ts';
import { keepAliveMs } from './connack-properties.ts';
import { CredentialExpiry } from './credential-expiry.ts';
import { KeepAlive, type KeepAliveDeps } from './keep-alive.ts';

/** Whose time is limited. @param reason a sentence for the log */
export interface TimeLimitHost {
  readonly intake: KeepAliveDeps['intake'];
  broken(reason: string): void;
  timedOut(refusal: Refusal): void;
  leavingTimedOut(reason: string): void;
}

export interface TimeLimitDeps extends Pick<KeepAliveDeps, 'wheel'> {
  readonly limits: LimitsOptions;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * How long the edge waits for a client: until it is accepted, then while it is silent, at most until what it proved itself by
 * expires, and once it leaves.
 */
export class TimeLimit {
  readonly #deps: TimeLimitDeps;
  readonly #cutter: KeepAliveDeps['cutter'];
  readonly #host: TimeLimitHost;
  #timer: WheelTimer;
  #keepAlive: KeepAlive | undefined;
  #credentials: CredentialExpiry | undefined;
  #isConnecting = false;
  #isLeaving = false;

  constructor(deps: TimeLimitDeps, cutter: KeepAliveDeps['cutter'], host: TimeLimitHost) {
    this.#deps = deps;
    this.#cutter = cutter;
    this.#host = host;
    const { connectTimeout } = deps.limits;
    this.#timer = deps.wheel.add(connectTimeout, () => {
      const missing = this.#isConnecting ? 'its CONNECT was not worked on' : 'no complete CONNECT';
      host.broken(`${missing} within limits.connectTimeout (${connectTimeout} ms)`);
    });
  }

  /** Its CONNECT came: the time for it begins. */
  connecting(): void {
    this.#isConnecting = true;
    this.#timer.touch();
  }

  /** It proved itself by what lasts until then, and what it did so by before counts no more. @param atMs milliseconds since the epoch */
  credentialsExpire(atMs: number | undefined): void {
    this.#credentials?.cancel();
    if (this.#isLeaving || atMs === undefined) return;
    const ended = (refusal: Refusal): void => this.#host.timedOut(refusal);
    const { wheel, now } = this.#deps;
    this.#credentials = new CredentialExpiry(atMs, { wheel, now, ended });
  }

  /** From now on the keep alive counts. */
  accepted(connect: ConnectPacket): void {
    if (this.#isLeaving) return;
    this.#timer.cancel();
    const { limits, wheel } = this.#deps;
    const silenceMs = keepAliveMs(connect, limits);
    if (silenceMs === undefined) return;
    const { intake } = this.#host;
    const ended = (): void => this.#host.timedOut(silent(silenceMs));
    this.#keepAlive = new KeepAlive(
      { silenceMs, pace: limits.packetPace },
      { wheel, cutter: this.#cutter, intake, ended },
    );
  }

  /** A packet came. */
  touch(): void {
    this.#keepAlive?.touch();
  }

  /** Nothing more comes from the client; what came is handled for a while. */
  leaving(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.cancel();
    const { closeTimeout } = this.#deps.limits;
    this.#timer = this.#deps.wheel.add(closeTimeout, () =>
      this.#host.leavingTimedOut(`what it sent last was not handled within limits.closeTimeout (${closeTimeout} ms)`),
    );
  }

  cancel(): void {
    this.#timer.cancel();
    this.#keepAlive?.cancel();
    this.#credentials?.cancel();
  }
}

const silent = (silenceMs: number): Refusal =>
  refuse(
    reasonCodes.keepAliveTimeout,
    'MQTT-3.1.2-22',
    `keep alive timeout: no packet came for ${silenceMs / 1_000} s, one and a half times the keep alive`,
  );
