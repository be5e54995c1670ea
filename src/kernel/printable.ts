/** Text of a peer, made safe for a log line: control, format and line characters are written as `\u{..}`. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);

/** The same, and cut to what a log line has room for. */
export const shown = (text: string): string => printable(text.length > 80 ? `${text.slice(0, 80)}...` : text);
