import { messageOf, StoreError } from '../../kernel/errors.ts';
import { Fifo } from '../../kernel/fifo.ts';
import type { TimerWheel } from '../../kernel/timer-wheel.ts';

/** Milliseconds after which a store that did not answer is asked again. */
const retryMs = 1_000;

interface Step {
  readonly run: () => void;
  isDue: boolean;
}

export interface LaneWritesDeps {
  readonly wheel: TimerWheel;
  /** The store has failed, and not only for a moment. @param reason a sentence for the log */
  readonly failed: (reason: string) => void;
}

/** What is written into the store for one client, again and again while the store does not answer: the client has nothing to do with that. */
export class LaneWrites {
  readonly #deps: LaneWritesDeps;
  /** What waits for a write; no more than are under way to the client. */
  readonly #steps = new Fifo<Step>();
  #isClosed = false;

  constructor(deps: LaneWritesDeps) {
    this.#deps = deps;
  }

  /** Nothing follows a write any more, and none is tried again. */
  close(): void {
    this.#isClosed = true;
  }

  /** What follows a write follows it in the order of the calls, also where one had to be tried again. [MQTT-4.6.0-6] */
  after(write: () => Promise<unknown>, then?: () => void): void {
    if (then === undefined) {
      this.write(write);
      return;
    }
    const step: Step = { run: then, isDue: false };
    this.#steps.push(step);
    this.write(write, () => {
      step.isDue = true;
      while (this.#steps.peek()?.isDue === true) this.#steps.shift()?.run();
    });
  }

  /** @param failed when it is given up */
  write(write: () => Promise<unknown>, written?: () => void, failed?: (cause: unknown) => void): void {
    write().then(
      () => (this.#isClosed ? undefined : written?.()),
      (cause: unknown) => {
        if (this.#isClosed) return failed?.(cause);
        if (cause instanceof StoreError && cause.code === 'store-unavailable') {
          const again = (): void => (this.#isClosed ? failed?.(cause) : this.write(write, written, failed));
          return this.#deps.wheel.add(retryMs, again);
        }
        failed?.(cause);
        this.#deps.failed(`the session store failed: ${messageOf(cause)}`);
      },
    );
  }
}
