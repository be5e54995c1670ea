/** One level of topic names. */
interface Named {
  readonly name: string;
}

/** Nodes that have one name at one depth. */
interface LevelNodes<T> {
  readonly depth: number;
  readonly nodes: ReadonlySet<T>;
}

const nothing: ReadonlySet<never> = new Set();

/** The nodes of a tree of topics by depth and name, so that `+/x` begins with those named `x`, and not with all. */
export class LevelIndex<T extends Named> {
  /** By depth, those of the first level left out: whoever asks for one of them finds it from the root. */
  readonly #byName: Map<string, Set<T>>[] = [];

  /** @param depth 0 for the first level */
  add(depth: number, node: T): void {
    if (depth === 0) return;
    const byName = (this.#byName[depth - 1] ??= new Map());
    const nodes = byName.get(node.name);
    if (nodes === undefined) byName.set(node.name, new Set([node]));
    else nodes.add(node);
  }

  delete(depth: number, node: T): void {
    const byName = this.#byName[depth - 1];
    const nodes = byName?.get(node.name);
    if (nodes?.delete(node) === true && nodes.size === 0) byName?.delete(node.name);
  }

  /** Whether there are topics of as many levels as the filter asks for. */
  isReached(levels: readonly string[]): boolean {
    const depth = levels.at(-1) === '#' ? levels.length - 2 : levels.length - 1; // `#` matches its parent too
    return depth < 1 || (this.#byName[depth - 1]?.size ?? 0) > 0;
  }

  /** The level behind `from` with the fewest nodes; undefined where the filter names none. */
  rarest(levels: readonly string[], from: number): LevelNodes<T> | undefined {
    let rarest: LevelNodes<T> | undefined;
    for (let depth = Math.max(from, 1); depth < levels.length; depth += 1) {
      const name = levels[depth]!;
      if (name === '+' || name === '#') continue;
      const nodes = this.#byName[depth - 1]?.get(name) ?? nothing;
      if (rarest === undefined || nodes.size < rarest.nodes.size) rarest = { depth, nodes };
    }
    return rarest;
  }
}
