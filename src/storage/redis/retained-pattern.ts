/** More of a text makes Redis compare more, and leaves hardly more out. */
const maxLiteral = 16;

/**
 * What Redis can leave out of a search already, as a glob: topics that do not begin as the filter begins, or do not end
 * as it ends, or have nothing of what stands between two of its wildcards. It leaves out no topic that matches.
 */
export function retainedPattern(filter: string): string {
  const [beginning = '', ...literals] = filter.replace(/\/?#$/, '+').split('+');
  const end = literals.pop() ?? '';
  if (end !== '') return `${quoted(beginning)}*${quoted(lastOf(end))}`;
  const between = literals.filter((literal) => literal !== '/').toSorted((a, b) => b.length - a.length);
  const [longest = ''] = between;
  return longest === '' ? `${quoted(beginning)}*` : `${quoted(beginning)}*${quoted(lastOf(longest))}*`;
}

/** Whole characters. */
const lastOf = (literal: string): string => Array.from(literal).slice(-maxLiteral).join('');

const quoted = (literal: string): string => literal.replace(/[*?[\]\\^]/g, '\\$&');
