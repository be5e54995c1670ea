/** Something with bytes to send. */
export interface Flushable {
  flush(): void;
}

/**
 * Sends once a turn of the event loop: all that the sockets of one poll brought leaves together, one batch a link. When
 * nothing else is going on, that is at once after the one message.
 */
export class Turn {
  #waiting: Flushable[] = [];
  #immediate: NodeJS.Immediate | undefined;

  /** @param flushable has something to send now, and had nothing before. */
  add(flushable: Flushable): void {
    this.#waiting.push(flushable);
    this.#immediate ??= setImmediate(this.#flush);
  }

  /** Forgets what waits; for the end. */
  stop(): void {
    if (this.#immediate !== undefined) clearImmediate(this.#immediate);
    this.#immediate = undefined;
    this.#waiting = [];
  }

  readonly #flush = (): void => {
    this.#immediate = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const flushable of waiting) flushable.flush();
  };
}
