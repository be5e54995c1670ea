import type { Part, Pattern } from './pattern.ts';

interface Node<T> {
  /** By what a pattern has at this place: a text, any one part, all the rest, or nothing as it has ended. */
  literals: Map<string, Node<T>> | undefined;
  one: Node<T> | undefined;
  rest: Node<T> | undefined;
  end: Node<T> | undefined;
  values: T[] | undefined;
}

const createNode = <T>(): Node<T> => ({
  literals: undefined,
  one: undefined,
  rest: undefined,
  end: undefined,
  values: undefined,
});

/**
 * Finds what was added under patterns that have a name in common with those asked for. Each key is a row of patterns,
 * always as many; of two rows every pattern must meet its counterpart. A trie over the first parts of the row, then the
 * second parts, and so on, so that a search leaves the path at the first difference on any side.
 */
export class PatternIndex<T> {
  readonly #root: Node<T> = createNode();

  add(row: readonly Pattern[], value: T): void {
    const ended = new Set<Pattern>();
    let node = this.#root;
    for (let depth = 0; ended.size < row.length; depth++)
      for (const pattern of row) {
        if (ended.has(pattern)) continue;
        const part = pattern.parts[depth];
        node = childFor(node, part);
        if (part === undefined || part.kind === 'rest') ended.add(pattern);
      }
    (node.values ??= []).push(value);
  }

  /** Calls `visit` once for every value whose row meets this one. */
  meet(row: readonly Pattern[], visit: (value: T) => void): void {
    const search = (node: Node<T>, depth: number, column: number, ended: number): void => {
      if (ended === (1 << row.length) - 1) return node.values?.forEach(visit);
      if (column === row.length) return search(node, depth + 1, 0, ended);
      if ((ended & (1 << column)) !== 0) return search(node, depth, column + 1, ended);
      const part = row[column]?.parts[depth] ?? restOf(row[column]);
      const go = (child: Node<T> | undefined): void => child && search(child, depth, column + 1, ended);
      const stop = (child: Node<T> | undefined): void =>
        child && search(child, depth, column + 1, ended | (1 << column));
      stop(node.rest);
      if (part === undefined || part.kind === 'rest') stop(node.end);
      if (part === undefined) return;
      go(node.one);
      if (part.kind === 'literal') go(node.literals?.get(part.text));
      else node.literals?.forEach(go);
    };
    search(this.#root, 0, 0, 0);
  }
}

/** What stands after the parts of a pattern: its open end, or nothing. */
const restOf = (pattern: Pattern | undefined): Part | undefined => {
  const last = pattern?.parts.at(-1);
  return last?.kind === 'rest' ? last : undefined;
};

function childFor<T>(node: Node<T>, part: Part | undefined): Node<T> {
  if (part === undefined) return (node.end ??= createNode());
  if (part.kind !== 'literal') return (node[part.kind] ??= createNode());
  node.literals ??= new Map();
  const known = node.literals.get(part.text);
  if (known !== undefined) return known;
  const child = createNode<T>();
  node.literals.set(part.text, child);
  return child;
}
