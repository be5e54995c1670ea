import type { LoadedConfig } from './compose.ts';
import { formatPath } from './path.ts';

/** Paths of the settings that differ between two configurations, in the order of the reference page. */
export function changedSettings(before: LoadedConfig, after: LoadedConfig): string[] {
  const old = valuesOf(before);
  const now = valuesOf(after);
  return [...new Set([...now.keys(), ...old.keys()])].filter((path) => old.get(path) !== now.get(path));
}

const valuesOf = ({ leaves }: LoadedConfig): Map<string, string | undefined> =>
  new Map(leaves.map(({ path, value }) => [formatPath(path), JSON.stringify(value)]));
