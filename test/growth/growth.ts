import { collectYoung } from '../support/collect-young.ts';
import { cpuMs } from '../support/cpu-ms.ts';

/** How work grows with something: at most three times as much, or fifteen times, of ten times as much of it. */
export type Cost = 'O(1)' | 'O(n)';

/** One method, one thing that its work may grow with, and a claim that is measured. */
export interface GrowthCase<World> {
  readonly method: string;
  /** What is done, as it stands in docs/reference/costs.md. */
  readonly work: string;
  /** What there is ten times as much of. */
  readonly n: string;
  readonly cost: Cost;
  /** Does the same in a world of any size, and leaves it as it was. */
  run(world: World): Promise<void> | void;
}

const mostGrowth: Readonly<Record<Cost, number>> = { 'O(1)': 3, 'O(n)': 15 };
/** What is measured in less says more of the machine than of the method. */
const leastMs = 0.5;
const rounds = 12;

/** Milliseconds of the processor, of all processes that take part. */
export type Meter = () => Promise<number> | number;

/**
 * Does the same with some and with ten times as much, until it is within its claim; others who use the machine only ever
 * make it dearer.
 * @returns what is above the claim, as a sentence; undefined where nothing is
 */
export async function excessOf<World>(
  { cost, run }: Pick<GrowthCase<World>, 'cost' | 'run'>,
  [small, large]: readonly [World, World],
  meter: Meter = cpuMs,
): Promise<string | undefined> {
  const measure = async (world: World, times: number): Promise<number> => {
    collectYoung(); // what lives longer is copied when it fills, and in the small world little lives as long
    const before = await meter();
    for (let time = 0; time < times; time += 1) await run(world);
    return ((await meter()) - before) / times;
  };
  let [least, most] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < rounds; round += 1) {
    least = Math.min(least, await measure(small, cost === 'O(1)' ? 1 : 10)); // as much in all, so as much to collect
    most = Math.min(most, await measure(large, 1));
    if (round > 0 && most <= mostGrowth[cost] * Math.max(least, leastMs)) return undefined;
  }
  return `${least.toFixed(2)} ms with some and ${most.toFixed(2)} ms with ten times as much, which is more than ${cost}`;
}

/** How the page says it. */
export const rowOf = ({ method, work, n, cost }: Omit<GrowthCase<never>, 'run'>): string =>
  `| \`${method}\` | ${work} | ${n} | ${cost} |`;

export const titleOf = ({ method, work, n, cost }: Omit<GrowthCase<never>, 'run'>): string =>
  `${method}${work === '' ? '' : `, ${work}`}: ${cost} in ${n}`;
