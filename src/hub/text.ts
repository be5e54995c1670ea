import { isUtf8 } from 'node:buffer';

/** @param latin1 one character a byte @returns what it says; undefined where it is no UTF-8 */
export function decoded(latin1: string): string | undefined {
  const bytes = Buffer.from(latin1, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

/** In quotation marks, as nats-server writes subjects into errors. @param latin1 so is what it returns */
export const quoted = (latin1: string): string =>
  // oxlint-disable-next-line no-control-regex
  JSON.stringify(latin1).replaceAll(/\\u00(?=[01])|\u007f/g, (part) => (part === '\u007f' ? '\\x7f' : '\\x'));
