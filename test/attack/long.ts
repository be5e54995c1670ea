import type { Arena } from './arena.ts';
import { openBattle } from './battle.ts';
import type { Scenario } from './scenario.ts';

export interface LongOptions {
  readonly scenarios: readonly Scenario[];
  readonly minutes: number;
  /** Scenarios at one time. */
  readonly concurrency: number;
  readonly traffic: { bytes: number; packets: number };
  readonly say: (text: string) => void;
}

/** A million in half an hour; fewer, and the attackers were no attackers. */
const leastPacketsPerMinute = 1_000_000 / 30;

/**
 * Plays the short forms of scenarios against one broker, some at one time and each again and again, until time is up.
 * @returns what went wrong in them
 */
export async function mix({ broker }: Arena, options: LongOptions): Promise<string[]> {
  const { scenarios, minutes, concurrency, traffic, say } = options;
  const until = performance.now() + minutes * 60_000;
  const faults = new Set<string>();
  let next = 0;
  const work = async (worker: number): Promise<void> => {
    while (performance.now() < until && broker.death() === undefined) {
      const number = next++;
      // a worker begins at another place in each round, so that every scenario meets every other
      const round = Math.floor(number / scenarios.length);
      const scenario = scenarios[(number + round * worker) % scenarios.length];
      if (scenario === undefined) return;
      const signal = AbortSignal.timeout(scenario.seconds.full * 1_000);
      using battle = openBattle(broker, { name: `${scenario.name}-${number}`, isShort: true, signal, traffic, say });
      const found = await scenario.run(battle).catch((error: unknown) => [`it failed: ${String(error)}`]);
      for (const fault of found) faults.add(`${scenario.name}: ${fault}`);
      if (number % 20 === 0) say(`${traffic.packets} packets, ${Math.round(traffic.bytes / 1_048_576)} MiB`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, (_, worker) => work(worker)));
  const leastPackets = Math.round(leastPacketsPerMinute * minutes);
  if (traffic.packets < leastPackets)
    faults.add(`only ${traffic.packets} packets were sent, which is no attack; it should be ${leastPackets} at least`);
  return [...faults];
}
