import type { TimerWheel, WheelTimer } from '../../kernel/timer-wheel.ts';
import type { FrameCutter } from '../../mqtt/frame.ts';

export interface KeepAliveOptions {
  /** One and a half times the keep alive. [MQTT-3.1.2-22] */
  readonly silenceMs: number;
  /** Bytes a second with which a packet must come that takes longer than that. */
  readonly pace: number;
}

export interface KeepAliveDeps {
  readonly wheel: TimerWheel;
  readonly cutter: Pick<FrameCutter, 'bufferedBytes' | 'gathered'>;
  /** What the client sent waits for us, so that it may be busy without our seeing it. */
  readonly intake: { readonly isBehind: boolean };
  /** The client is silent. */
  readonly ended: () => void;
}

/**
 * Waits for a client that has fallen silent. Every whole packet is a sign of life; of a packet under way only what comes at
 * a pace, or one byte now and then would keep a connection and what it occupies for ever.
 */
export class KeepAlive {
  readonly #options: KeepAliveOptions;
  readonly #deps: KeepAliveDeps;
  #timer: WheelTimer;
  /** Of the packet that was under way when the last interval ended. */
  #gathered = 0;
  #bufferedBytes = 0;

  constructor(options: KeepAliveOptions, deps: KeepAliveDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#timer = this.#wait();
  }

  /** A packet came. */
  touch(): void {
    this.#timer.touch();
  }

  cancel(): void {
    this.#timer.cancel();
  }

  #wait(): WheelTimer {
    return this.#deps.wheel.add(this.#options.silenceMs, () => this.#check());
  }

  #check(): void {
    const { silenceMs, pace } = this.#options;
    const { cutter, intake, ended } = this.#deps;
    const { gathered, bufferedBytes } = cutter;
    // nobody knows when it began, so the first look at a packet gives it an interval
    const isNew = bufferedBytes > 0 && (this.#bufferedBytes === 0 || gathered !== this.#gathered);
    const came = bufferedBytes - this.#bufferedBytes;
    this.#gathered = gathered;
    this.#bufferedBytes = bufferedBytes;
    if (intake.isBehind || isNew || came * 1_000 >= pace * silenceMs) this.#timer = this.#wait();
    else ended();
  }
}
