import { AppError } from '../../../kernel/errors.ts';
import type { Place } from '../note.ts';

/** One setting of a configuration of nats-server. */
export interface ConfEntry extends Place {
  readonly key: string;
  readonly value: ConfValue;
}

export type ConfValue =
  | { readonly kind: 'text'; readonly text: string; readonly isQuoted: boolean }
  | { readonly kind: 'list'; readonly items: readonly ConfValue[] }
  | { readonly kind: 'map'; readonly entries: readonly ConfEntry[] };

const blank = /[ \t\r]+|#[^\n]*|\/\/[^\n]*/y;
const end = /[\n,;]/y;
const mark = /[{}[\]:=]/y;
const block = /\(\n[\s\S]*?\n[ \t]*\)/y;
const quoted = /"(?:\\[\s\S]|[^"\\])*"|'[^']*'/y;
/** A name ends where its value begins; a value may have colons in it. */
const name = /[^\s,;{}[\]:=#"'(]+/y;
const word = /(?!\/\/)[^\s,;{}[\]:=#"'(][^\s,;{}[\]=]*/y;

interface Token {
  readonly kind: string;
  readonly text: string;
  readonly line: number;
}

const maxDepth = 32;

/**
 * Reads a configuration as nats-server does: `key: value`, `key = value`, `key { }`, lists, comments with `#` and `//`.
 * @throws AppError usage with file and line where it cannot be read
 */
export function parseConf(file: string, text: string): readonly ConfEntry[] {
  const tokens = tokensOf(text);
  let at = 0;
  const peek = (): Token | undefined => tokens[at];
  const fail = (what: string): never => {
    const line = (peek() ?? tokens.at(-1))?.line ?? 1;
    throw new AppError('usage', `${file}:${line}: ${what}; nats-server -t -c ${file} says whether it can be read`);
  };
  const skip = (...kinds: readonly string[]): void => {
    while (kinds.includes(peek()?.kind ?? '')) at += 1;
  };
  const isMark = (text_: string): boolean => peek()?.kind === 'mark' && peek()?.text === text_;
  const value = (depth: number): ConfValue => {
    if (depth > maxDepth) fail(`it is nested deeper than ${maxDepth}`);
    const next = peek() ?? fail('a value is missing');
    at += 1;
    if (next.kind === 'mark' && next.text === '{') return { kind: 'map', entries: entries('}', depth + 1) };
    if (next.kind === 'mark' && next.text === '[') return list(depth + 1);
    if (next.kind === 'quoted') return { kind: 'text', text: unquoted(next.text), isQuoted: true };
    if (next.kind === 'block') return { kind: 'text', text: next.text.slice(2, -1).trimEnd(), isQuoted: true };
    if (next.kind !== 'word') {
      at -= 1;
      fail(`"${next.text.trim()}" is no value`);
    }
    return { kind: 'text', text: next.text, isQuoted: false };
  };
  const list = (depth: number): ConfValue => {
    const items: ConfValue[] = [];
    for (;;) {
      skip('end');
      if (isMark(']')) break;
      if (peek() === undefined) fail('a list is not closed');
      items.push(value(depth));
    }
    at += 1;
    return { kind: 'list', items };
  };
  const entries = (close: '}' | undefined, depth: number): ConfEntry[] => {
    const found: ConfEntry[] = [];
    for (;;) {
      skip('end');
      const next = peek();
      if (next === undefined || isMark('}')) break;
      if (next.kind !== 'word' && next.kind !== 'quoted') fail(`"${next.text}" is no name of a setting`);
      at += 1;
      if (isMark(':') || isMark('=')) at += 1;
      const key = next.kind === 'quoted' ? unquoted(next.text) : next.text;
      found.push({ file, line: next.line, key, value: value(depth) });
    }
    if ((close === undefined) !== (peek() === undefined))
      fail(close === undefined ? 'a } too many' : 'a { is not closed');
    at += 1;
    return found;
  };
  return entries(undefined, 0);
}

function tokensOf(text: string): Token[] {
  const found: Token[] = [];
  const around: string[] = [];
  let line = 1;
  let isName = true; // else a value
  for (let at = 0; at < text.length; ) {
    const kinds = { blank, end, mark, block, quoted, word: isName ? name : word };
    const [kind, whole] = firstOf(kinds, text, at);
    if (kind !== 'blank') found.push({ kind, text: whole, line });
    if (whole === '{' || whole === '[') around.push(whole);
    if (whole === '}' || whole === ']') around.pop();
    if (kind === 'end' || whole === '{') isName = around.at(-1) !== '[';
    else if (kind !== 'blank') isName = false;
    line += whole.split('\n').length - 1;
    at += whole.length;
  }
  return found;
}

function firstOf(kinds: Readonly<Record<string, RegExp>>, text: string, at: number): [kind: string, whole: string] {
  for (const [kind, pattern] of Object.entries(kinds)) {
    pattern.lastIndex = at;
    const whole = pattern.exec(text)?.[0];
    if (whole !== undefined) return [kind, whole];
  }
  return ['other', text.slice(at, at + 1)];
}

const unquoted = (text: string): string =>
  text.startsWith("'")
    ? text.slice(1, -1)
    : text
        .slice(1, -1)
        .replaceAll(/\\(x[0-9A-Fa-f]{2}|[\s\S])/g, (_, escape: string) => escapes[escape] ?? hexOf(escape));

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', '"': '"', '\\': '\\' };
const hexOf = (escape: string): string =>
  escape.length === 3 ? String.fromCharCode(Number.parseInt(escape.slice(1), 16)) : escape;
