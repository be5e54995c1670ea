/** Longer names are of no use in a topic, and fill the log. */
const maxLength = 256;

/**
 * Whether a name that somebody else gives, a token or a service, can stand for a client. Topic separators and wildcards are
 * taken: rules never put them into a pattern.
 * @returns what is wrong with it, for a sentence that begins with "the name"
 */
export function principalFault(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name.length > maxLength) return `has ${name.length} characters; ${maxLength} are allowed`;
  const character = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.exec(name)?.[0];
  if (character === undefined) return undefined;
  return `has U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}, which could deceive a reader`;
}
