interface Node<T> {
  children: Map<string, Node<T>> | undefined;
  value: T | undefined;
}

const createNode = <T>(): Node<T> => ({ children: undefined, value: undefined });

/** Values by topic name, found by topic filter: a tree of topic levels, walked only where the filter leads. */
export class RetainedTree<T> {
  readonly #root: Node<T> = createNode();
  #size = 0;

  /** Topics that have a value. */
  get size(): number {
    return this.#size;
  }

  get(topic: string): T | undefined {
    let node: Node<T> | undefined = this.#root;
    for (const level of topic.split('/')) {
      node = node.children?.get(level);
      if (node === undefined) return undefined;
    }
    return node.value;
  }

  set(topic: string, value: T): void {
    let node = this.#root;
    for (const level of topic.split('/')) {
      node.children ??= new Map();
      let child = node.children.get(level);
      if (child === undefined) node.children.set(level, (child = createNode()));
      node = child;
    }
    if (node.value === undefined) this.#size += 1;
    node.value = value;
  }

  /** @returns false when the topic had no value. */
  delete(topic: string): boolean {
    const levels = topic.split('/');
    const path: Node<T>[] = [this.#root];
    for (const level of levels) {
      const child = path.at(-1)?.children?.get(level);
      if (child === undefined) return false;
      path.push(child);
    }
    const leaf = path.at(-1);
    if (leaf?.value === undefined) return false;
    leaf.value = undefined;
    this.#size -= 1;
    prune(path, levels);
    return true;
  }

  /** Values of the topics that match, found as they are asked for; the tree may change meanwhile. */
  match(filter: string): Generator<T, void> {
    return walk(this.#root, filter.split('/'), 0);
  }
}

/** Removes the branch up to the first node that is still needed. */
function prune<T>(path: readonly Node<T>[], levels: readonly string[]): void {
  for (let depth = levels.length; depth > 0; depth -= 1) {
    const node = path[depth];
    const parent = path[depth - 1];
    if (node === undefined || node.value !== undefined || node.children !== undefined) return;
    parent?.children?.delete(levels[depth - 1] ?? '');
    if (parent?.children?.size === 0) parent.children = undefined;
  }
}

function* walk<T>(node: Node<T>, levels: readonly string[], depth: number): Generator<T, void> {
  const level = levels[depth];
  if (level === undefined) {
    if (node.value !== undefined) yield node.value;
  } else if (level === '#') {
    yield* below(node, depth);
  } else if (level === '+') {
    for (const [name, child] of node.children ?? [])
      if (isReachable(name, depth)) yield* walk(child, levels, depth + 1);
  } else {
    const child = node.children?.get(level);
    if (child !== undefined) yield* walk(child, levels, depth + 1);
  }
}

/** The node and all under it: `a/#` matches `a` too. [MQTT-4.7.1-2] */
function* below<T>(node: Node<T>, depth: number): Generator<T, void> {
  if (node.value !== undefined) yield node.value;
  for (const [name, child] of node.children ?? []) if (isReachable(name, depth)) yield* below(child, depth + 1);
}

/** A leading wildcard does not match a topic that begins with `$`. [MQTT-4.7.2-1] */
const isReachable = (name: string, depth: number): boolean => depth > 0 || !name.startsWith('$');
