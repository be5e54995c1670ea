/** Why text cannot stand in a rule: braces are captures there. */
export const braceProblem = 'it has a brace, which stands for a capture in rules of this program';

export const hasBrace = (text: string): boolean => /[{}]/.test(text);

/** A topic filter in which nothing stands for something of the client. @returns undefined where it cannot be written */
export const literalTopic = (filter: string): string | undefined =>
  hasBrace(filter) ? undefined : filter.replaceAll('%', '%%');

/** A topic filter in which `%u` and `%c` stand for user name and client id, and nothing else does. */
export const patternTopic = (filter: string): string | undefined =>
  hasBrace(filter) ? undefined : filter.replaceAll(/%(?![uc])/g, '%%');
