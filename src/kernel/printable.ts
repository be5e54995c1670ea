/** What starts a line, steers a terminal, hides, or turns the direction of writing: control, format and line characters. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text of somebody else, made safe for a line of a log or a message: what is no printable character is written as `\u{..}`. */
export const printable = (text: string): string =>
  text.replace(unprintable, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);

/** The same, and cut to what a line has room for. */
export const shown = (text: string): string => printable(text.length > 80 ? `${text.slice(0, 80)}...` : text);

/** Whether nothing in it would have to be escaped: such a text cannot look like another one. */
export const isPrintable = (text: string): boolean => text.search(unprintable) === -1;
