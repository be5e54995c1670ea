import type { RawAttacker } from '../attacker.ts';
import type { Attack } from '../scenario.ts';

const atOnce = 50;

/** Opens so many, some at one time. @returns those that the broker took */
export async function openMany(
  attack: Attack,
  count: number,
  open: () => Promise<RawAttacker | undefined>,
): Promise<RawAttacker[]> {
  const opened: RawAttacker[] = [];
  for (let index = 0; index < count && !attack.signal.aborted; index += atOnce) {
    const some = await Promise.all(Array.from({ length: Math.min(atOnce, count - index) }, open));
    opened.push(...some.filter((attacker) => attacker !== undefined));
  }
  return opened;
}

/** The limits of the suite's broker are 2 s each; the rest is room for a busy machine. */
const patienceMs = 12_000;

/** Whether all of them are closed in time. */
export async function allClosed(
  attack: Attack,
  attackers: readonly RawAttacker[],
  what: string,
  withinMs = patienceMs,
): Promise<string[]> {
  const until = performance.now() + withinMs;
  const left = (): number => attackers.filter((attacker) => !attacker.isClosed).length;
  for (const { socket } of attackers) socket.resume(); // or the end would never be seen
  while (left() > 0 && performance.now() < until && !attack.signal.aborted) await attack.pause(100);
  return left() === 0 && !attack.signal.aborted
    ? []
    : [`${left()} of ${attackers.length} ${what} were not closed in ${withinMs / 1_000} s`];
}
