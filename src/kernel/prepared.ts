/** A change of something that runs, made ready beside it. */
export interface Prepared {
  /** Puts the new in place of the old before it returns, and cannot fail. @returns when the old has ended */
  commit(deadline: AbortSignal): Promise<void>;
  /** Gives the new back; the old goes on as if nothing had been. */
  cancel(): void | Promise<void>;
}

/** Makes one change ready. @throws where that cannot be; then nothing of it is left. */
export type Prepare = (signal: AbortSignal) => Prepared | Promise<Prepared>;

/**
 * Makes all changes ready, one after the other, then puts them in place in one turn of the event loop; all or none.
 * @returns what went wrong as the old parts ended, for the log: the new ones run all the same
 */
export async function takeOver(
  prepares: readonly Prepare[],
  signal: AbortSignal,
  deadline: AbortSignal,
): Promise<unknown[]> {
  const ready: Prepared[] = [];
  try {
    for (const prepare of prepares) {
      signal.throwIfAborted();
      ready.push(await prepare(signal));
    }
    signal.throwIfAborted();
  } catch (cause) {
    for (const change of ready.toReversed()) await change.cancel();
    throw cause;
  }
  const ended = await Promise.allSettled(ready.map((change) => change.commit(deadline)));
  return ended.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
}

/** A change that needs nothing beside what runs. */
export const atOnce = (commit: () => void): Prepared => ({
  commit() {
    commit();
    return Promise.resolve();
  },
  cancel: () => undefined,
});

/** Nothing to put in place. */
export const nothing: Prepared = atOnce(() => undefined);

/** One change, and what has to follow it. */
export const followed = (change: Prepared, then: () => Promise<void>): Prepared => ({
  async commit(deadline) {
    const ended = change.commit(deadline);
    await Promise.all([ended, then()]);
  },
  cancel: () => change.cancel(),
});

/** Something that is made anew when its settings change; whoever uses it asks for the one of now. */
export class Live<T> {
  #current: T;

  constructor(first: T) {
    this.#current = first;
  }

  get current(): T {
    return this.#current;
  }

  prepare(next: T): Prepared {
    return atOnce(() => {
      this.#current = next;
    });
  }
}
