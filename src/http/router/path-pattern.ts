/** What a path has in the places of the parameters, by their names, decoded. */
export type Parameters = Readonly<Record<string, string>>;

/** @returns the parameters of a path, level by level as they stand in the request, or undefined where it is another. */
export type PathPattern = (levels: readonly string[]) => Parameters | undefined;

/** Levels of a path, still encoded: a slash in a name is no border. */
export const levelsOf = (path: string): readonly string[] => path.slice(1).split('/');

/** @param pattern `:name` is one level and not empty, `*name` at the end one or more; all else is meant literally. */
export function pathPattern(pattern: string): PathPattern {
  const wanted = levelsOf(pattern);
  const last = wanted.at(-1) ?? '';
  const fixed = last.startsWith('*') ? wanted.slice(0, -1) : wanted;
  return (levels) => {
    if (last.startsWith('*') ? levels.length <= fixed.length : levels.length !== fixed.length) return undefined;
    const parameters: Record<string, string> = {};
    for (const [index, name] of fixed.entries()) {
      const level = decoded(levels[index] ?? '');
      if (!name.startsWith(':')) {
        if (level !== name) return undefined;
      } else if (level === '') return undefined;
      else parameters[name.slice(1)] = level;
    }
    if (!last.startsWith('*')) return parameters;
    const rest = levels.slice(fixed.length).map(decoded).join('/');
    return rest === '' ? undefined : { ...parameters, [last.slice(1)]: rest };
  };
}

/** What is no UTF-8 in percents stays as it is, and finds nothing. */
function decoded(level: string): string {
  if (!level.includes('%')) return level;
  try {
    return decodeURIComponent(level);
  } catch {
    return level;
  }
}
