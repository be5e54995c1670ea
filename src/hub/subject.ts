/**
 * Subjects of NATS as the server sees them: tokens joined by dots, any bytes except space, tab, CR and LF. They are held
 * as latin1 strings, one character a byte, so that UTF-8 subjects pass unchanged.
 * `*` stands for one token and `>`, only as the last, for one or more; inside a longer token both are ordinary.
 */

/** True for what may be subscribed to: no empty token, and `>` only at the end. */
export function isValidSubject(subject: string): boolean {
  const tokens = subject.split('.');
  return tokens.every((token, index) => token !== '' && (token !== '>' || index === tokens.length - 1));
}

/** True for what a pedantic client may publish to: valid, and no token is a wildcard. */
export const isLiteralSubject = (subject: string): boolean =>
  subject.split('.').every((token) => token !== '' && token !== '*' && token !== '>');

/** True when a wildcard stands as a token of its own. */
export const hasWildcard = (subject: string): boolean =>
  subject.split('.').some((token) => token === '*' || token === '>');

/** Whether a message on `subject` reaches a subscription to `pattern`. The plain definition; the sublist is the fast one. */
export function matchesSubject(pattern: string, subject: string): boolean {
  const expected = pattern.split('.');
  const actual = subject.split('.');
  if (actual.includes('')) return false;
  for (const [index, token] of expected.entries()) {
    if (token === '>') return actual.length > index;
    if (index >= actual.length || (token !== '*' && token !== actual[index])) return false;
  }
  return expected.length === actual.length;
}
