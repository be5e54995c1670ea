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
