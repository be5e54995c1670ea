import { isCaptureName } from './topic-pattern.ts';

/** A user name or client id, in whole or with places that stand for any text: `pump-{site}-{number}`. */
export interface NamePattern {
  readonly source: string;
  /** Text and names of captures in turn, beginning with text, which may be empty there. */
  readonly texts: readonly string[];
  readonly captures: readonly string[];
}

/** What stood in the places of a name. */
export type Captures = ReadonlyMap<string, string>;

const nothing: Captures = new Map();

/** @returns the pattern, or the sentence that says what is wrong */
export function parseNamePattern(source: string): NamePattern | string {
  const texts = [''];
  const captures: string[] = [];
  for (const token of source.match(/\{[^{}]*\}|[^{}]+|[{}]/g) ?? []) {
    if (token === '{' || token === '}') return `"${source}": a brace is not closed or not opened; captures are {name}`;
    if (!token.startsWith('{')) {
      texts[texts.length - 1] += token;
      continue;
    }
    const name = token.slice(1, -1);
    if (!isCaptureName(name)) return `"${source}": {${name}} is no name for a capture; use letters, digits and _`;
    if (captures.includes(name)) return `"${source}": {${name}} is captured twice; give the second another name`;
    if (captures.length > 0 && texts.at(-1) === '')
      return `"${source}": two captures touch; put a character between them that the values do not hold, e.g. "-"`;
    captures.push(name);
    texts.push('');
  }
  return { source, texts, captures };
}

/**
 * A captured value has a character at least, and ends before the first that begins the text behind it, so that a name
 * fits in one way only.
 * @returns undefined where the name does not fit
 */
export function capturesOf({ texts, captures }: NamePattern, name: string): Captures | undefined {
  const [start = ''] = texts;
  if (captures.length === 0) return name === start ? nothing : undefined;
  if (!name.startsWith(start)) return undefined;
  const found = new Map<string, string>();
  let at = start.length;
  for (const [index, capture] of captures.entries()) {
    const text = texts[index + 1] ?? '';
    const end = text === '' ? name.length : name.indexOf(text.charAt(0), at);
    if (end <= at || !name.startsWith(text, end)) return undefined;
    found.set(capture, name.slice(at, end));
    at = end + text.length;
  }
  return at === name.length ? found : undefined;
}
