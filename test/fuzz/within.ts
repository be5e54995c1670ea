import { setTimeout as delay } from 'node:timers/promises';

/** Waits for a promise, but not longer than this. Unlike `AbortSignal.timeout` it keeps the process alive meanwhile. */
export async function within(timeoutMs: number, promise: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  try {
    await Promise.race([promise, delay(timeoutMs, undefined, { signal }).catch(() => undefined)]);
  } finally {
    over.abort();
  }
}
