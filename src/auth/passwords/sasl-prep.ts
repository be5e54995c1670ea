/** RFC 3454 C.1.2: other spaces, each of which becomes a space. */
const spaces = /[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/gu;
/** RFC 3454 B.1: what nobody sees, and is left out. */
const unseen = /\u00AD|\u034F|\u1806|[\u180B-\u180D]|\u200C|\u200D|\u2060|[\uFE00-\uFE0F]|\uFEFF/gu;
/**
 * RFC 3454 C.2 to C.9: control characters, private use, what is no character, surrogates, what is of no use in plain text,
 * in descriptions or changes how text is shown, and tags. Characters that Unicode does not have yet (A.1) are among them.
 */
const prohibited =
  /[\p{Cc}\p{Co}\p{Cs}\p{Cn}\u06DD\u070F\u180E\u200E\u200F\u2028-\u202E\u2061-\u2063\u206A-\u206F\u2FF0-\u2FFB\uFFF9-\uFFFD\u{E0001}\u{E0020}-\u{E007F}]|\u0340|\u0341|[\u{1D173}-\u{1D17A}]/u;
/** RFC 3454 D.1: from right to left. */
const rightToLeft =
  /[\u05BE\u05C0\u05C3\u05D0-\u05EA\u05F0-\u05F4\u061B\u061F\u0621-\u063A\u0640-\u064A\u066D-\u066F\u0671-\u06D5\u06DD\u06E5\u06E6\u06FA-\u06FE\u0700-\u070D\u0710\u0712-\u072C\u0780-\u07A5\u07B1\u200F\uFB1D\uFB1F-\uFB28\uFB2A-\uFB36\uFB38-\uFB3C\uFB3E\uFB40\uFB41\uFB43\uFB44\uFB46-\uFBB1\uFBD3-\uFD3D\uFD50-\uFD8F\uFD92-\uFDC7\uFDF0-\uFDFC\uFE70-\uFE74\uFE76-\uFEFC]/u;
const letter = /\p{L}/u;

/**
 * Prepares a user name or a password as RFC 4013 has it, so that the same one, typed on another machine, is the same bytes.
 * ASCII stays as it is. Unicode is that of this Node instead of 3.2, and what RFC 3454 D.2 lists is taken for letters.
 * @returns undefined where it cannot be one: it is empty, or holds what is prohibited
 */
export function saslPrep(text: string): string | undefined {
  if (/^[\x20-\x7E]+$/.test(text)) return text;
  const prepared = text.replaceAll(spaces, ' ').replaceAll(unseen, '').normalize('NFKC');
  return prepared === '' || prohibited.test(prepared) || !isReadable(prepared) ? undefined : prepared;
}

/** RFC 3454 6: what has one character from right to left begins and ends with such, and has no letters of the other way. */
function isReadable(text: string): boolean {
  const characters = Array.from(text);
  const areRight = characters.map((one) => rightToLeft.test(one));
  if (!areRight.includes(true)) return true;
  return (
    areRight[0] === true && areRight.at(-1) === true && characters.every((one, at) => areRight[at] || !letter.test(one))
  );
}
