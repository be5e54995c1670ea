/** Something with bytes to send. */
export interface Flushable {
  flush(): void;
}

/**
 * Sends once a turn of the event loop: all that the sockets of one poll brought leaves together, one batch a client.
 * When the hub is idle, that is at once after the one message.
 */
export class FlushTurn {
  #waiting: Flushable[] = [];
  #immediate: NodeJS.Immediate | undefined;

  /** Flushes it at the end of the turn; the caller marks each once. */
  mark(flushable: Flushable): void {
    this.#waiting.push(flushable);
    this.#immediate ??= setImmediate(this.#run);
  }

  stop(): void {
    if (this.#immediate !== undefined) clearImmediate(this.#immediate);
    this.#immediate = undefined;
    this.#waiting = [];
  }

  readonly #run = (): void => {
    this.#immediate = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const flushable of waiting) flushable.flush();
  };
}
