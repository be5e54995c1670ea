interface Node<T> {
  readonly children: Map<string, Node<T>>;
  values: Set<T> | undefined;
}

const createNode = <T>(): Node<T> => ({ children: new Map(), values: undefined });

/**
 * Which values are registered for a topic name, by topic filter. A trie of topic levels, so that a lookup
 * costs the depth of the topic and not the number of filters. Empty levels are levels like any other.
 */
export class TopicIndex<T> {
  readonly #root: Node<T> = createNode();
  #size = 0;

  /** Registrations, over all filters. */
  get size(): number {
    return this.#size;
  }

  /** @param filter a valid topic filter. @returns false when the value was registered for this filter already. */
  add(filter: string, value: T): boolean {
    let node = this.#root;
    for (const level of filter.split('/')) {
      let child = node.children.get(level);
      if (child === undefined) node.children.set(level, (child = createNode()));
      node = child;
    }
    node.values ??= new Set();
    const before = node.values.size;
    if (node.values.add(value).size === before) return false;
    this.#size += 1;
    return true;
  }

  /** @returns false when the value was not registered for this filter. */
  remove(filter: string, value: T): boolean {
    const levels = filter.split('/');
    const path: Node<T>[] = [this.#root];
    for (const level of levels) {
      const child = path.at(-1)?.children.get(level);
      if (child === undefined) return false;
      path.push(child);
    }
    const leaf = path.at(-1);
    if (leaf?.values?.delete(value) !== true) return false;
    if (leaf.values.size === 0) leaf.values = undefined;
    this.#size -= 1;
    for (let depth = levels.length; depth > 0; depth -= 1) {
      const node = path[depth];
      if (node === undefined || node.values !== undefined || node.children.size > 0) break;
      path[depth - 1]?.children.delete(levels[depth - 1] ?? '');
    }
    return true;
  }

  /**
   * Calls `visit` for every registration whose filter matches; a value may come several times, once a filter.
   * Filters that begin with a wildcard do not match topics that begin with `$`. [MQTT-4.7.2-1]
   */
  match(topic: string, visit: (value: T) => void): void {
    const levels = topic.split('/');
    const isReserved = topic.charCodeAt(0) === 0x24; // $
    if (!isReserved) this.#matchWildcards(this.#root, levels, 0, visit);
    const literal = this.#root.children.get(levels[0] ?? '');
    if (literal !== undefined) this.#descend(literal, levels, 1, visit);
  }

  #matchWildcards(node: Node<T>, levels: readonly string[], depth: number, visit: (value: T) => void): void {
    const rest = node.children.get('#');
    if (rest?.values !== undefined) for (const value of rest.values) visit(value);
    if (depth === levels.length) return;
    const any = node.children.get('+');
    if (any !== undefined) this.#descend(any, levels, depth + 1, visit);
  }

  #descend(node: Node<T>, levels: readonly string[], depth: number, visit: (value: T) => void): void {
    if (depth === levels.length && node.values !== undefined) for (const value of node.values) visit(value);
    this.#matchWildcards(node, levels, depth, visit); // `a/#` matches `a` too [MQTT-4.7.1-2]
    if (depth === levels.length) return;
    const literal = node.children.get(levels[depth] ?? '');
    if (literal !== undefined) this.#descend(literal, levels, depth + 1, visit);
  }
}
