import type { Clock } from '../../kernel/clock.ts';

/** A promise and the function that resolves it. */
function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** @throws the reason of the signal when it aborts first. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, resolve } = deferred<'aborted'>();
  const onAbort = () => resolve('aborted');
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  promise.catch(() => undefined); // it may fail after the signal, when nobody looks any more
  try {
    const outcome = await Promise.race([promise.then((value) => ({ value })), aborted]);
    if (outcome !== 'aborted') return outcome.value;
    throw signal.reason;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** What a promise resolves to, or `late` where that takes longer. */
export async function withinTime<T>(
  promise: Promise<T>,
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<T | 'late'> {
  const { promise: late, resolve } = deferred<'late'>();
  const cancel = clock.after(timeoutMs, () => resolve('late'));
  try {
    return await unlessAborted(Promise.race([promise, late]), signal);
  } finally {
    cancel();
  }
}
