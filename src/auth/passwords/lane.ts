import { Fifo } from '../../kernel/fifo.ts';

interface Waiting {
  isGone: boolean;
  readonly go: () => void;
}

/** Lets a number of tasks run at a time; the others wait in the order in which they came. */
export class HashLane {
  readonly #width: number;
  readonly #waiting = new Fifo<Waiting>();
  #running = 0;

  constructor(width: number) {
    this.#width = width;
  }

  /** @param signal for whom nobody waits any more is not begun. @throws what the task throws, or the reason of the signal */
  async run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#running >= this.#width) await this.#turn(signal);
    else this.#running += 1;
    try {
      signal.throwIfAborted();
      return await task();
    } finally {
      this.#next();
    }
  }

  /** Whose turn it is takes the place of the one before. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abandon = (): void => {
        waiting.isGone = true;
        reject(signal.reason);
      };
      const waiting: Waiting = {
        isGone: false,
        go: () => {
          signal.removeEventListener('abort', abandon);
          resolve();
        },
      };
      signal.addEventListener('abort', abandon, { once: true });
      this.#waiting.push(waiting);
    });
  }

  #next(): void {
    for (;;) {
      const next = this.#waiting.shift();
      if (next === undefined) {
        this.#running -= 1;
        return;
      }
      if (!next.isGone) {
        next.go();
        return;
      }
    }
  }
}
