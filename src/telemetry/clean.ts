import { printable } from '../kernel/printable.ts';

/**
 * User and password, or a token, in front of the host of a URL; greedy, for a raw `@` inside a password. It begins at the
 * `://`: looking for the scheme before it would cost the square of the length of a long client identifier.
 */
const userInfo = /:\/\/[^\s/?#]*@/g;

/** Text for a log line: credentials of URLs masked, and nothing in it that could start a line of its own. */
export const cleanText = (text: string): string => printable(text.replace(userInfo, '://***@'));
