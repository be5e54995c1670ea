/**
 * Delay before an attempt: doubles from `firstMs` up to `maxMs`, and varies by half so that nodes do not come together.
 * @param attempt 0 for the first. @param random 0 to 1. @returns milliseconds, half of the doubled delay to all of it.
 */
export function backoffMs(attempt: number, firstMs: number, maxMs: number, random: number): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(full / 2 + (full / 2) * random);
}
