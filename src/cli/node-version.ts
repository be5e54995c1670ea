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
