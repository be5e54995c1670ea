/**
 * User and password, or a token, in front of the host of a URL; greedy, for a raw `@` inside a password. It begins at the
 * `://`: looking for the scheme before it would cost the square of the length of a long client identifier.
 */
const userInfo = /:\/\/[^\s/?#]*@/g;
/** Control and line separator characters, and those that turn the direction of text. */
const controlCharacters = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Text for a log line: credentials of URLs masked, and nothing in it that could start a line of its own. */
export function cleanText(text: string): string {
  return text
    .replace(userInfo, '://***@')
    .replace(controlCharacters, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
