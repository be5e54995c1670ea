import { posix } from 'node:path';
import type { SourceFile } from './architecture.ts';

/** Without types, and without what is loaded later by `import()`. */
const staticImport = /^(?:import|export)\s(?!\s*type\b)(?:[^'";]*?\bfrom\s+)?'([^']+)'/gm;

/** Packages that are loaded before the first line of a file runs, by the files it imports too. */
export function packagesLoadedBy(entry: string, sources: readonly SourceFile[]): ReadonlySet<string> {
  const texts = new Map(sources.map(({ path, text }) => [path, text]));
  const packages = new Set<string>();
  const seen = new Set([entry]);
  for (const path of seen)
    for (const [, specifier = ''] of (texts.get(path) ?? '').matchAll(staticImport)) {
      if (specifier.startsWith('.')) seen.add(posix.join(posix.dirname(path), specifier));
      else packages.add(specifier);
    }
  return packages;
}
