import type { WheelTimer } from '../../kernel/timer-wheel.ts';
import type { ConnectPacket } from '../../mqtt/connect.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { type Refusal, refuse } from '../../mqtt/refusal.ts';
import type { LimitsOptions } from '../schema.ts';
import { keepAliveMs } from './connack-properties.ts';
import { KeepAlive, type KeepAliveDeps } from './keep-alive.ts';

/** Whose time is limited. @param reason a sentence for the log */
export interface TimeLimitHost {
  broken(reason: string): void;
  keepAliveEnded(refusal: Refusal): void;
  leavingTimedOut(reason: string): void;
}

/** How long the edge waits for a client: until it is accepted, then while it is silent, and once it leaves. */
export class TimeLimit {
  readonly #limits: LimitsOptions;
  readonly #deps: Omit<KeepAliveDeps, 'ended'>;
  readonly #host: TimeLimitHost;
  #timer: WheelTimer;
  #keepAlive: KeepAlive | undefined;
  #isConnecting = false;
  #isLeaving = false;

  constructor(limits: LimitsOptions, deps: Omit<KeepAliveDeps, 'ended'>, host: TimeLimitHost) {
    this.#limits = limits;
    this.#deps = deps;
    this.#host = host;
    const { connectTimeout } = limits;
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

  /** From now on the keep alive counts. */
  accepted(connect: ConnectPacket): void {
    if (this.#isLeaving) return;
    this.#timer.cancel();
    const silenceMs = keepAliveMs(connect, this.#limits);
    if (silenceMs === undefined) return;
    const ended = (): void => this.#host.keepAliveEnded(silent(silenceMs));
    this.#keepAlive = new KeepAlive({ silenceMs, pace: this.#limits.packetPace }, { ...this.#deps, ended });
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
    const { closeTimeout } = this.#limits;
    this.#timer = this.#deps.wheel.add(closeTimeout, () =>
      this.#host.leavingTimedOut(`what it sent last was not handled within limits.closeTimeout (${closeTimeout} ms)`),
    );
  }

  cancel(): void {
    this.#timer.cancel();
    this.#keepAlive?.cancel();
  }
}

const silent = (silenceMs: number): Refusal =>
  refuse(
    reasonCodes.keepAliveTimeout,
    'MQTT-3.1.2-22',
    `keep alive timeout: no packet came for ${silenceMs / 1_000} s, one and a half times the keep alive`,
  );
