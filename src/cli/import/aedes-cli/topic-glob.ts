/** What a glob means beside names, `*` and `**`; at its beginning also negation and comment. */
const other = /[*?[\]{}()!@+#\\]/;

/**
 * A topic of a rule for a glob of minimatch: `*` is one level, and `**` at the end all that follow.
 * @returns 'all' for `**` alone, and undefined where nothing says the same
 */
export function topicOfGlob(glob: string): string | undefined {
  if (glob === '**') return 'all';
  const levels = glob.split('/');
  const found = levels.map((level, index) => {
    if (level === '**') return index === levels.length - 1 ? '#' : undefined;
    if (level === '*') return '+';
    return other.test(level) ? undefined : level.replaceAll('%', '%%');
  });
  return found.includes(undefined) ? undefined : found.join('/');
}
