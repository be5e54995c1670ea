import type { CodecOptions } from './codec-options.ts';
import { decodeToken, encodeLevel } from './level.ts';
import type { Pattern } from './pattern.ts';

/** One direction of a rule: names of `source` become names of `target`. */
export interface Mapping {
  readonly source: Pattern;
  readonly target: Pattern;
}

/** A part of a name under discussion: known text, or the text at a position of the source, whatever it is. */
type Term = { readonly text: string } | { readonly at: number };

/**
 * A name that both mappings would turn into the same name, so that one message would arrive twice; undefined if there
 * is none. Source names are laid out level by level, both targets written down with the positions left open, and the
 * two made equal.
 */
export function doubled(a: Mapping, b: Mapping, codec: CodecOptions): { source: string; target: string } | undefined {
  const longest = Math.max(...[a, b].flatMap(({ source, target }) => [source.parts.length, target.parts.length])) + 2;
  for (let length = 1; length <= longest; length++) {
    const found = doubledAt(a, b, length, codec);
    if (found !== undefined) return found;
  }
  return undefined;
}

function doubledAt(a: Mapping, b: Mapping, length: number, codec: CodecOptions) {
  const left = layOut(a.source, length);
  const right = layOut(b.source, length);
  if (left === undefined || right === undefined) return undefined;
  const values = new Map<number, string>();
  for (let at = 0; at < length; at++) {
    const texts = [left[at], right[at]].filter((text) => text !== undefined);
    if (texts.length === 2 && texts[0] !== texts[1]) return undefined;
    if (texts[0] !== undefined) values.set(at, texts[0]);
  }
  const first = fill(a, length);
  const second = fill(b, length);
  if (first.length !== second.length) return undefined;
  const toSource = reader(a.target.side, codec);
  const same = new Map<number, number>();
  const root = (at: number): number => {
    const next = same.get(at);
    return next === undefined ? at : root(next);
  };
  for (const [index, x] of first.entries()) {
    const y = second[index];
    if (y === undefined || !unify(x, y)) return undefined;
  }
  const example = Array.from({ length }, (_, at) => values.get(root(at)) ?? `x${root(at) + 1}`);
  const separator = a.source.side === 'topic' ? '/' : '.';
  return { source: example.join(separator), target: show(first, (at) => example[at] ?? '', a.target, codec) };

  function unify(x: Term, y: Term): boolean {
    if ('text' in x) return 'text' in y ? x.text === y.text : fix(y.at, x.text);
    return 'text' in y ? fix(x.at, y.text) : join(root(x.at), root(y.at));
  }

  function fix(at: number, targetText: string): boolean {
    const text = toSource(targetText);
    if (text === undefined) return false;
    const value = values.get(root(at)) ?? text;
    values.set(root(at), value);
    return value === text;
  }

  function join(i: number, j: number): boolean {
    const [one, other] = [values.get(i), values.get(j)];
    if (i === j || (one !== undefined && other !== undefined)) return one === other;
    if (one === undefined) same.set(i, j);
    else same.set(j, i);
    return true;
  }
}

/** Fixed texts of a source name of this length by position; undefined if the pattern takes no such name. */
function layOut({ parts }: Pattern, length: number): readonly (string | undefined)[] | undefined {
  const hasRest = parts.at(-1)?.kind === 'rest';
  if (hasRest ? length < parts.length - 1 : length !== parts.length) return undefined;
  return Array.from({ length }, (_, at) => {
    const part = parts[at];
    return part?.kind === 'literal' ? part.text : undefined;
  });
}

/** The target of a source name of this length, open where a capture goes. */
function fill({ source, target }: Mapping, length: number): readonly Term[] {
  return target.parts.flatMap((part): Term[] => {
    if (part.kind === 'literal') return [{ text: part.text }];
    const at = source.parts.findIndex((other) => other.kind !== 'literal' && other.name === part.name);
    if (part.kind === 'one') return [{ at }];
    return Array.from({ length: length - at }, (_, index) => ({ at: at + index }));
  });
}

/** How a fixed text of the target would have been spelled in the source. */
function reader(side: Pattern['side'], codec: CodecOptions): (text: string) => string | undefined {
  return (text) => {
    const read = side === 'subject' ? decodeToken(text, true, codec) : encodeLevel(text, codec);
    return read.kind === 'mapped' ? read.value : undefined;
  };
}

function show(terms: readonly Term[], textAt: (at: number) => string, target: Pattern, codec: CodecOptions): string {
  const parts = terms.map((term) => {
    if ('text' in term) return term.text;
    const text = textAt(term.at);
    const spelled = target.side === 'subject' ? encodeLevel(text, codec) : decodeToken(text, true, codec);
    return spelled.kind === 'mapped' ? spelled.value : text;
  });
  return parts.join(target.side === 'subject' ? '.' : '/');
}
