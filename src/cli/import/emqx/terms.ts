/** A term of Erlang, as far as files of configuration have them. */
export type Term =
  | { readonly kind: 'atom' | 'text'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'tuple' | 'list'; readonly items: readonly Term[] };

/** A term that ends with a full stop, where it stands and as it is written. */
export interface TopTerm {
  readonly term: Term;
  /** Of its first character, from 1. */
  readonly line: number;
  readonly text: string;
}

interface Token {
  readonly text: string;
  readonly at: number;
}

/** A place at which a text is none of terms. */
export interface TermFault {
  readonly line: number;
  readonly problem: string;
}

export const isFault = (value: readonly TopTerm[] | TermFault): value is TermFault => 'problem' in value;

const tokenPattern =
  /%[^\n]*|\s+|"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|<<|>>|[{}[\],|]|-?\d+(?:\.\d+)?|[a-z][A-Za-z0-9_@]*|\.(?=\s|%|$)|[\s\S]/g;

const maxDepth = 50;

/** Reads terms that end with a full stop each, as `file:consult/1` does. */
export function parseTerms(source: string): readonly TopTerm[] | TermFault {
  const tokens: Token[] = [];
  for (const { 0: text, index } of source.matchAll(tokenPattern))
    if (!/^[\s%]/.test(text)) tokens.push({ text, at: index });
  const lineAt = (at: number): number => source.slice(0, at).split('\n').length;
  const terms: TopTerm[] = [];
  let next = 0;

  const fail = (problem: string): TermFault => ({ line: lineAt(tokens[next]?.at ?? source.length), problem });
  const isNext = (text: string): boolean => tokens[next]?.text === text;

  const items = (close: string, depth: number): Term[] | TermFault => {
    const found: Term[] = [];
    next += 1;
    while (!isNext(close)) {
      if (found.length > 0) {
        if (!isNext(',')) return fail(`"," or "${close}" is missing`);
        next += 1;
      }
      const term = read(depth + 1);
      if ('problem' in term) return term;
      found.push(term);
    }
    next += 1;
    return found;
  };

  const read = (depth: number): Term | TermFault => {
    const token = tokens[next]?.text;
    if (token === undefined) return fail('it ends in the middle of a term');
    if (depth > maxDepth) return fail(`terms are nested deeper than ${maxDepth}`);
    if (token === '{' || token === '[') {
      const found = items(token === '{' ? '}' : ']', depth);
      return 'problem' in found ? found : { kind: token === '{' ? 'tuple' : 'list', items: found };
    }
    if (token === '<<') {
      const text = tokens[next + 1]?.text ?? '';
      if (!text.startsWith('"') || tokens[next + 2]?.text !== '>>')
        return fail('a binary other than <<"text">> is not read');
      next += 3;
      return { kind: 'text', value: unquoted(text) };
    }
    next += 1;
    if (token.startsWith('"')) return { kind: 'text', value: unquoted(token) };
    if (/^'.*'$/s.test(token)) return { kind: 'atom', value: unquoted(token) };
    if (/^[a-z]/.test(token)) return { kind: 'atom', value: token };
    if (/^-?\d/.test(token)) return { kind: 'number', value: Number(token) };
    next -= 1;
    return fail(`"${token}" begins no term`);
  };

  while (next < tokens.length) {
    const from = tokens[next]?.at ?? 0;
    const term = read(0);
    if ('problem' in term) return term;
    if (!isNext('.')) return fail('"." is missing behind a term');
    const to = (tokens[next]?.at ?? 0) + 1;
    next += 1;
    terms.push({ term, line: lineAt(from), text: source.slice(from, to).replaceAll(/\s+/g, ' ') });
  }
  return terms;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', s: ' ', '0': '\0' };

const unquoted = (text: string): string =>
  text.slice(1, -1).replaceAll(/\\([\s\S])/g, (_all, character: string) => escapes[character] ?? character);
