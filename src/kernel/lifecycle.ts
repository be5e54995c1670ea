import { AppError, messageOf, StartError } from './errors.ts';

/**
 * The life of a part of the program.
 *
 * 1. Its factory runs: synchronous, no I/O, no timer.
 * 2. `start` acquires what it needs. It may fail, and may be aborted by the signal.
 * 3. `stop` gives everything back. It works after a failed or absent start, during start, and twice.
 */
export interface Component {
  /** Shown in log lines and errors. */
  readonly name: string;
  start(signal: AbortSignal): Promise<void>;
  /** @param deadline aborts when draining must end and what is left is cut off. */
  stop(deadline: AbortSignal): Promise<void>;
}

/** Starts in order. When one fails, those before it are stopped in reverse and the failure is thrown. */
export async function startInOrder(parts: readonly Component[], signal: AbortSignal): Promise<void> {
  const started: Component[] = [];
  for (const part of parts) {
    started.push(part); // before start(): stop() copes with a half-started part
    try {
      signal.throwIfAborted();
      await part.start(signal);
    } catch (cause) {
      const failures = await stopInReverse(started, AbortSignal.timeout(2_000));
      if (failures.length === 0 && cause instanceof AppError) throw cause;
      const cleanup = failures.map((failure) => `; clean-up: ${messageOf(failure)}`).join('');
      throw new StartError(
        signal.aborted ? 'start-aborted' : 'start-failed',
        `${part.name} did not start: ${messageOf(cause)}${cleanup}`,
        { cause },
      );
    }
  }
}

/** Stops in reverse order, one after the other. No error stops the rest; all are returned. */
export async function stopInReverse(parts: readonly Component[], deadline: AbortSignal): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const part of parts.toReversed()) {
    try {
      await part.stop(deadline);
    } catch (failure) {
      failures.push(failure);
    }
  }
  return failures;
}
