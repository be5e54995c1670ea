/**
 * Reads the YAML that configuration files are made of in one pass: mappings and lists by indentation, on one line in braces
 * and brackets, words, numbers, quoted texts without escapes, comments. What a person may write beyond that is left to the
 * YAML library, which costs forty times as much: 0.8 s for 10,000 bridge rules.
 * @returns the value that the library would read, without problems, or undefined where this is no such text.
 */
export function readPlainYaml(text: string): { readonly value: unknown } | undefined {
  const lines = contentLines(text);
  if (lines === undefined || lines.length === 0) return undefined;
  const reader = new Reader(text, lines);
  const value = reader.mapping(0);
  return value === undefined || !reader.isAtEnd ? undefined : { value };
}

/** A line with something on it, without its indentation. */
interface Line {
  readonly indent: number;
  readonly start: number;
}

/** What cannot be read is undefined; null is a value. */
type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

/** Neither tabs nor other control characters, nor what ends a line elsewhere. */
const unusual = /[^\n\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe]/;

function contentLines(text: string): Line[] | undefined {
  if (unusual.test(text)) return undefined;
  const lines: Line[] = [];
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf('\n', from);
    const end = newline === -1 ? text.length : newline;
    let start = from;
    while (start < end && text[start] === ' ') start++;
    if (start < end && text[start] !== '#') lines.push({ indent: start - from, start });
    from = end + 1;
  }
  return lines;
}

/** Before a colon. */
const key = /([A-Za-z_][\w-]*):(?= |\n|$)/y;
const doubleQuoted = /"([^"\\\n]*)"/y;
const singleQuoted = /'([^'\n]*)'(?!')/y;
/** A word with no character that means something in YAML where it stands. */
const word = /[\w./$](?:[\w./$+=~^@#%*<>()-]|:(?=[\w/]))*/y;
/** The same outside of braces and brackets. */
const lineWord = /[\w./$](?:[\w./$+=~^@#%*<>(){}[\],-]|:(?=[\w/]))*/y;
/** Spaces and a comment up to the end of the line. */
const rest = / *(?:(?<= )#[^\n]*)?(?=\n|$)/y;

const words: ReadonlyMap<string, Value> = new Map<string, Value>([
  ...['null', 'Null', 'NULL'].map((name) => [name, null] as const),
  ...['true', 'True', 'TRUE'].map((name) => [name, true] as const),
  ...['false', 'False', 'FALSE'].map((name) => [name, false] as const),
]);

/** Numbers of every kind but decimal integers that are exact: those are left to the library. */
const otherNumber =
  /^(?:0o[0-7]+|0x[\da-fA-F]+|\d{16,}|(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?|\.(?:inf|Inf|INF|nan|NaN|NAN))$/;

function resolved(text: string): Value | undefined {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const known = words.get(text);
  if (known !== undefined) return known;
  return otherNumber.test(text) ? undefined : text;
}

/** Deeper than any configuration; the library has no limit of its own. */
const maxDepth = 50;

class Reader {
  readonly #text: string;
  readonly #lines: readonly Line[];
  #index = 0;
  /** Where on the line. */
  #at = 0;

  constructor(text: string, lines: readonly Line[]) {
    this.#text = text;
    this.#lines = lines;
  }

  get isAtEnd(): boolean {
    return this.#index === this.#lines.length;
  }

  /** A mapping whose keys stand `indent` characters from the left. @param from the first key, where it stands after a dash. */
  mapping(indent: number, from?: number): Value | undefined {
    if (indent > 2 * maxDepth) return undefined;
    const mapping: Record<string, Value> = {};
    for (let first = from; first !== undefined || this.#indent === indent; first = undefined) {
      this.#at = first ?? this.#start;
      const name = this.#take(key);
      if (name === undefined || !isNewKey(mapping, name)) return undefined;
      const value = this.#valueOf(indent, true);
      if (value === undefined) return undefined;
      mapping[name] = value;
    }
    return this.#indent > indent ? undefined : mapping;
  }

  #list(indent: number): Value | undefined {
    const list: Value[] = [];
    while (this.#indent === indent && this.#isDash()) {
      const start = this.#start;
      this.#at = start + 1;
      this.#skipSpaces();
      const column = indent + this.#at - start;
      key.lastIndex = this.#at;
      const value = key.test(this.#text) ? this.mapping(column, this.#at) : this.#valueOf(indent, false);
      if (value === undefined) return undefined;
      list.push(value);
    }
    return this.#indent > indent ? undefined : list;
  }

  /** What stands on the rest of the line, or below it. @param isOfKey a list below a key may stand as far left as the key. */
  #valueOf(indent: number, isOfKey: boolean): Value | undefined {
    if (this.#take(rest) !== undefined) {
      this.#index++;
      const below = this.#indent;
      if (below >= indent && this.#isDash()) return below > indent || isOfKey ? this.#list(below) : null;
      return below > indent ? this.mapping(below) : null;
    }
    this.#skipSpaces();
    const value = this.#inline(0);
    if (value === undefined || this.#take(rest) === undefined) return undefined;
    this.#index++;
    return this.#indent > indent ? undefined : value; // deeper, it goes on in the next line
  }

  #inline(depth: number): Value | undefined {
    if (depth > maxDepth) return undefined;
    const first = this.#text[this.#at];
    if (first === '{') return this.#braces(depth);
    if (first === '[') return this.#brackets(depth);
    const quoted = this.#take(first === '"' ? doubleQuoted : singleQuoted);
    if (quoted !== undefined) return quoted;
    const plain = this.#take(depth === 0 ? lineWord : word);
    return plain === undefined ? undefined : resolved(plain);
  }

  #braces(depth: number): Value | undefined {
    const mapping: Record<string, Value> = {};
    if (this.#isEmpty('}')) return mapping;
    do {
      this.#at++; // the brace, or the comma
      this.#skipSpaces();
      const name = this.#take(key);
      if (name === undefined || !isNewKey(mapping, name)) return undefined;
      this.#skipSpaces();
      const value = this.#inline(depth + 1);
      if (value === undefined) return undefined;
      mapping[name] = value;
      this.#skipSpaces();
    } while (this.#text[this.#at] === ',');
    return this.#text[this.#at++] === '}' ? mapping : undefined;
  }

  #brackets(depth: number): Value | undefined {
    const list: Value[] = [];
    if (this.#isEmpty(']')) return list;
    do {
      this.#at++;
      this.#skipSpaces();
      const value = this.#inline(depth + 1);
      if (value === undefined) return undefined;
      list.push(value);
      this.#skipSpaces();
    } while (this.#text[this.#at] === ',');
    return this.#text[this.#at++] === ']' ? list : undefined;
  }

  #isEmpty(closing: string): boolean {
    if (this.#text[this.#at + 1] !== closing) return false;
    this.#at += 2;
    return true;
  }

  /** Of the line that is next; none after the last. */
  get #indent(): number {
    return this.#lines[this.#index]?.indent ?? -1;
  }

  get #start(): number {
    return this.#lines[this.#index]?.start ?? this.#text.length;
  }

  #isDash(): boolean {
    const after = this.#text[this.#start + 1];
    return this.#text[this.#start] === '-' && (after === ' ' || after === '\n' || after === undefined);
  }

  #skipSpaces(): void {
    while (this.#text[this.#at] === ' ') this.#at++;
  }

  /** @returns what the pattern catches here, or undefined where something else stands. */
  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match[1] ?? match[0];
  }
}

/** What the library makes of other keys, or of two of them, is its affair. */
const isNewKey = (mapping: object, name: string): boolean =>
  !Object.hasOwn(mapping, name) && name !== '__proto__' && !words.has(name);
