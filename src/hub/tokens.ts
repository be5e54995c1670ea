/** What a client may begin a line with; case does not matter. */
export const operation: readonly { readonly name: string; readonly length: number }[] = [
  'PUB',
  'HPUB',
  'SUB',
  'UNSUB',
  'PING',
  'PONG',
  'CONNECT',
  'INFO',
  '+OK',
  '-ERR',
].map((name) => ({ name, length: name.length }));

/** Operations up to this index need a blank before their arguments. */
const lastWithBlank = 3;

/** The line ends before the operation is complete. */
export const unfinished = -1;
/** No operation begins like this. */
export const unknown = -2;

const space = 32;
const tab = 9;
const lineFeed = 10;
const carriageReturn = 13;

export const isBlank = (byte: number): boolean => byte === space || byte === tab;

const upper = (byte: number): number => (byte >= 97 && byte <= 122 ? byte - 32 : byte);

/** @returns the index into `operation` of what stands at `at`, or `unfinished`, or `unknown`. */
export function matchOperation(bytes: Uint8Array, at: number): number {
  for (let index = 0; index < operation.length; index++) {
    const { name, length } = operation[index]!;
    const matched = matchedBytes(bytes, at, name, length);
    if (matched === length) {
      if (index > lastWithBlank) return index;
      if (at + length >= bytes.length) return unfinished;
      return isBlank(bytes[at + length]!) ? index : unknown;
    }
    if (at + matched >= bytes.length) return unfinished;
  }
  return unknown;
}

function matchedBytes(bytes: Uint8Array, at: number, name: string, length: number): number {
  let count = 0;
  while (count < length && at + count < bytes.length && upper(bytes[at + count]!) === name.charCodeAt(count))
    count += 1;
  return count;
}

/**
 * Splits the rest of a line at spaces, tabs and carriage returns. `tokens[0]` becomes their number, then follow start and
 * end of each; those beyond the room in `tokens` are counted only. @returns the index of the line feed, or -1.
 */
export function readTokens(bytes: Uint8Array, from: number, tokens: Int32Array): number {
  let count = 0;
  let start = -1;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte > space || (byte !== space && byte !== tab && byte !== carriageReturn && byte !== lineFeed)) {
      if (start < 0) start = at;
      continue;
    }
    if (start >= 0) {
      if (2 * count + 2 < tokens.length) {
        tokens[2 * count + 1] = start;
        tokens[2 * count + 2] = at;
      }
      count += 1;
      start = -1;
    }
    if (byte === lineFeed) {
      tokens[0] = count;
      return at;
    }
  }
  return -1;
}

/** Reads a decimal number of at most nine digits. @returns -1 if it is none. */
export function parseSize(bytes: Uint8Array, from: number, to: number): number {
  if (to <= from || to - from > 9) return -1;
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = bytes[at]! - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** True for a line with single spaces and CR LF, which is how every client library writes it. @param tokens of that line */
export function isTidy(bytes: Uint8Array, lineEnd: number, tokens: Int32Array): boolean {
  const count = tokens[0]!;
  if (tokens[2 * count] !== lineEnd - 1 || bytes[lineEnd - 1] !== carriageReturn) return false;
  for (let index = 1; index < count; index++) {
    const end = tokens[2 * index]!;
    if (bytes[end] !== space || tokens[2 * index + 1] !== end + 1) return false;
  }
  return true;
}
