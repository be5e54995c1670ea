import { type FieldName, fieldNames, isFieldName } from './certificate-field.ts';

/** One value of a certificate in a template: `{cn}`, `{san.uri:first:escaped}`. */
export interface FieldPart {
  readonly field: FieldName;
  /** Takes the first of several values; without it several are refused. */
  readonly takesFirst: boolean;
  /** Writes `%`, `/`, `+` and `#` as `%25`, `%2F`, `%2B` and `%23`. */
  readonly isEscaped: boolean;
  /** Characters beside the field that mark where its value begins or ends, so that the value may not hold them. */
  readonly marks: string;
}

/** Any run of characters, the empty one included. */
export const star: unique symbol = Symbol('*');

export type TemplatePart = string | FieldPart | typeof star;

/** Text with values of a certificate in it. Different values never give the same text, nor a common match. */
export interface Template {
  readonly source: string;
  readonly parts: readonly TemplatePart[];
}

export interface TemplateOptions {
  /** Lets one `*` stand for any run of characters. */
  readonly allowsStar: boolean;
  /** One character that, with anything after it, may follow the text. */
  readonly separator?: string;
}

/**
 * Parses a template such as `device-{cn}`. What stands between the fields keeps their values apart: two fields, or a
 * field and a `*`, cannot touch, and at most one `*` is allowed.
 * @returns the template, or the sentence that says what is wrong.
 */
export function parseTemplate(source: string, { allowsStar, separator }: TemplateOptions): Template | string {
  const parts: TemplatePart[] = [];
  for (const token of source.match(/\{[^{}]*\}|\*|[^{}*]+|[{}]/g) ?? []) {
    const part = parseToken(token, allowsStar);
    if (typeof part === 'object' && 'problem' in part) return `"${source}": ${part.problem}`;
    parts.push(part);
  }
  if (!parts.some(isField))
    return `"${source}": every certificate would give the same; put a field in, e.g. {cn}; there are ${listOfFields}`;
  const bounded: readonly TemplatePart[] = separator === undefined ? parts : [...parts, separator, star];
  if (bounded.filter((part) => part === star).length > 1)
    return `"${source}": one * is allowed at most; with more, names could pass for parts of others`;
  const touching = bounded.some((part, index) => index > 0 && isOpen(part) && isOpen(bounded[index - 1]!));
  if (touching)
    return `"${source}": fields and * cannot touch; put a character between them that the values do not hold, e.g. "-"`;
  return { source, parts: parts.map((part, index) => (isField(part) ? withMarks(part, bounded, index) : part)) };
}

export const isField = (part: TemplatePart): part is FieldPart => typeof part === 'object';

/** Of unknown length. */
const isOpen = (part: TemplatePart): boolean => typeof part !== 'string';

const listOfFields = fieldNames.map((name) => `{${name}}`).join(' ');

function parseToken(token: string, allowsStar: boolean): TemplatePart | { readonly problem: string } {
  if (token === '*') return allowsStar ? star : { problem: '* is allowed with bind: pattern only' };
  if (token === '{' || token === '}') return { problem: 'a brace is not closed or not opened; fields are {name}' };
  if (token.startsWith('{')) return parseField(token.slice(1, -1));
  const unsafe = unsafeCharacter(token);
  return unsafe === undefined ? token : { problem: `${unsafe} is not allowed` };
}

function parseField(text: string): FieldPart | { readonly problem: string } {
  const [name = '', ...modifiers] = text.split(':');
  if (!isFieldName(name)) return { problem: `there is no field {${name}}; there are ${listOfFields}` };
  const wrong = modifiers.find((modifier) => modifier !== 'first' && modifier !== 'escaped');
  if (wrong !== undefined)
    return { problem: `a field may be followed by :first and :escaped, not by :${wrong}, as in {${name}:first}` };
  return {
    field: name,
    takesFirst: modifiers.includes('first'),
    isEscaped: modifiers.includes('escaped'),
    marks: '',
  };
}

/**
 * Up to the `*` a text is read from the left, behind it from the right; each value then ends at the first character
 * of what follows, or begins behind the last character of what precedes. A value without that character is the only one.
 */
function withMarks(part: FieldPart, parts: readonly TemplatePart[], index: number): FieldPart {
  const isBehindStar = parts.slice(0, index).includes(star);
  const beside = parts[isBehindStar ? index - 1 : index + 1];
  const isLast = !isBehindStar && !parts.slice(index + 1).some(isOpen);
  if (isLast || typeof beside !== 'string') return part;
  return { ...part, marks: (isBehindStar ? beside.at(-1) : beside.at(0)) ?? '' };
}

/**
 * Topic separators and wildcards would let a name reach beyond its own topics where it stands in one (CVE-2017-7650);
 * control and format characters let it look like another.
 * @returns a description of the first such character, for a message.
 */
export function unsafeCharacter(text: string): string | undefined {
  const character = /[/+#\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.exec(text)?.[0];
  if (character === undefined) return undefined;
  if ('/+#'.includes(character)) return `"${character}"`;
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
