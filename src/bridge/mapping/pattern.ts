import { quote } from './mapped.ts';

/** One level of a topic pattern, or one token of a subject pattern. */
export type Part =
  | { readonly kind: 'literal'; readonly text: string }
  /** Exactly one level or token. */
  | { readonly kind: 'one'; readonly name: string }
  /** All that follow, also none; only as the last part. */
  | { readonly kind: 'rest'; readonly name: string };

export interface Pattern {
  readonly side: 'topic' | 'subject';
  readonly text: string;
  readonly parts: readonly Part[];
}

interface Notation {
  readonly part: 'level' | 'token';
  readonly separator: RegExp;
  readonly one: string;
  readonly rest: string;
  /** Why a literal part is not allowed, or undefined. */
  literalProblem(text: string): string | undefined;
}

// oxlint-disable-next-line no-control-regex
const controlOrSpace = /[\u0000-\u0020\u007f]/;

const notations: Readonly<Record<Pattern['side'], Notation>> = {
  topic: {
    part: 'level',
    separator: /\//,
    one: '+',
    rest: '#',
    literalProblem(text) {
      if (/[+#]/.test(text)) return `has a wildcard inside the level ${quote(text)}; a wildcard is a whole level`;
      return text.includes('\u0000') ? 'contains U+0000, which no topic may' : undefined;
    },
  },
  subject: {
    part: 'token',
    // Not at the dots of `{rest...}`.
    separator: /\.(?!\.*\})/,
    one: '*',
    rest: '>',
    literalProblem(text) {
      if (text === '') return 'has an empty token; put something between the dots';
      if (/[*>]/.test(text)) return `has a wildcard inside the token ${quote(text)}; a wildcard is a whole token`;
      return controlOrSpace.test(text)
        ? `has white space or a control character in the token ${quote(text)}; write the escape, e.g. "/x20" for a space`
        : undefined;
    },
  },
};

/**
 * Reads a topic pattern (`a/+/b/#`, `plants/{site}/up/{rest...}`) or a subject pattern (`x.*.y.>`, `plants.{site}.{rest...}`).
 * Plain wildcards are captures named by their position: `1`, `2`, ...
 * @returns the pattern, or the sentences that say what is wrong with it.
 */
export function parsePattern(side: Pattern['side'], text: string): Pattern | readonly string[] {
  const notation = notations[side];
  const texts = text.split(notation.separator);
  const problems: string[] = [];
  const names = new Set<string>();
  let wildcards = 0;
  const parts = texts.map((part, index): Part => {
    const read = readPart(part, notation, () => `${++wildcards}`);
    if (typeof read === 'string') {
      problems.push(read);
      return { kind: 'literal', text: part };
    }
    if (read.kind === 'literal') return read;
    if (names.has(read.name)) problems.push(`captures {${read.name}} twice; give each capture its own name`);
    names.add(read.name);
    if (read.kind === 'rest' && index < texts.length - 1)
      problems.push(`goes on after "${part}", which takes all the rest`);
    return read;
  });
  if (side === 'topic' && texts[0] === '$share')
    problems.push('is a shared subscription; a rule takes every message, leave "$share/<group>/" out');
  return problems.length > 0 ? problems : { side, text, parts };
}

function readPart(text: string, notation: Notation, position: () => string): Part | string {
  if (text === notation.one) return { kind: 'one', name: position() };
  if (text === notation.rest) return { kind: 'rest', name: position() };
  const capture = /^\{([A-Za-z0-9_]{1,32})(\.\.\.)?\}$/.exec(text);
  if (capture?.[1] !== undefined) return { kind: capture[2] === undefined ? 'one' : 'rest', name: capture[1] };
  if (/[{}]/.test(text))
    return `has ${quote(text)}; a capture is a whole ${notation.part}, {name} or {name...}, of letters, digits and "_"`;
  return notation.literalProblem(text) ?? { kind: 'literal', text };
}
