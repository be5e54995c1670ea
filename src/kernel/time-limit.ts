import { systemClock } from './clock.ts';

/**
 * Aborted after so many milliseconds, or when `other` is. `AbortSignal.any` would not do: on Node 20 it holds its signals
 * weakly, so that the next garbage collection takes an `AbortSignal.timeout` that nobody else has, and no limit is left.
 */
export function timeLimit(ms: number, other: AbortSignal): AbortSignal {
  if (other.aborted) return other;
  const limit = new AbortController();
  const cancel = systemClock.after(ms, () => limit.abort(new DOMException('the time is up', 'TimeoutError')));
  const end = (): void => {
    cancel();
    limit.abort(other.reason);
  };
  other.addEventListener('abort', end, { once: true, signal: limit.signal });
  return limit.signal;
}
