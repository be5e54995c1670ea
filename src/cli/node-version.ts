/** The oldest Node that the program runs on, as `engines` of package.json says. */
const oldest = [20, 19] as const;

/**
 * What to tell somebody whose Node is too old, in one sentence, or undefined. This file and `bin.ts` must be understood
 * by any Node that knows modules, and import nothing that is not.
 * @param running `process.versions.node`
 */
export function nodeProblem(running: string): string | undefined {
  const [major = 0, minor = 0] = running.split('.').map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return undefined;
  return `viaduct needs Node ${oldest.join('.')} or later; this is Node ${running}. Install a newer one, e.g. the current LTS`;
}

/** Day of the last security fix of each major version, by the schedule of the Node project. */
const lastFix: ReadonlyMap<number, string> = new Map([
  [20, '2026-04-30'],
  [21, '2024-06-01'],
  [22, '2027-04-30'],
  [23, '2025-06-01'],
  [24, '2028-04-30'],
  [25, '2026-06-01'],
  [26, '2029-04-30'],
]);

/** What to tell somebody whose Node gets no more security fixes, in one sentence, or undefined. */
export function supportProblem(running: string, now: Date): string | undefined {
  const end = lastFix.get(Number(running.split('.')[0]));
  if (end === undefined || now.toISOString().slice(0, 10) <= end) return undefined;
  return `Node ${running} has had no security fixes since ${end}, and neither has its OpenSSL; run viaduct on the current LTS`;
}
