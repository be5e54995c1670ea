import type { Clock } from '../kernel/clock.ts';

const periodMs = 10_000;

/**
 * Turns many equal happenings into one notice each ten seconds.
 * The first is passed on at once with a count of 1, the next with all that came since.
 */
export function floodNotice<Kind>(
  clock: Clock,
  notify: (kind: Kind, count: number, example: string) => void,
): (kind: Kind, example: string) => void {
  const tallies = new Map<Kind, { count: number; quietUntilMs: number }>();
  return (kind, example) => {
    const tally = tallies.get(kind) ?? { count: 0, quietUntilMs: Number.NEGATIVE_INFINITY };
    tallies.set(kind, tally);
    tally.count += 1;
    const now = clock.monotonic();
    if (now < tally.quietUntilMs) return;
    notify(kind, tally.count, example);
    tally.count = 0;
    tally.quietUntilMs = now + periodMs;
  };
}
