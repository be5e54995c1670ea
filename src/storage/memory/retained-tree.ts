import { LevelIndex } from './level-index.ts';

/** One level of topic names. */
interface TreeNode<T> {
  readonly name: string;
  /** Undefined at the root. */
  readonly parent: TreeNode<T> | undefined;
  children: Map<string, TreeNode<T>> | undefined;
  value: T | undefined;
}

const createNode = <T>(name: string, parent: TreeNode<T> | undefined): TreeNode<T> => ({
  name,
  parent,
  children: undefined,
  value: undefined,
});

/** What a walk finds: values, and undefined for each step that finds none, so that whoever walks can rest. */
export type Steps<T> = Generator<T | undefined, void>;

/** Values by topic name, found by topic filter: a tree of topic levels, walked only where the filter leads. */
export class RetainedTree<T> {
  readonly #root: TreeNode<T> = createNode('', undefined);
  readonly #levels = new LevelIndex<TreeNode<T>>();
  #size = 0;

  /** Topics that have a value. */
  get size(): number {
    return this.#size;
  }

  get(topic: string): T | undefined {
    return descend(this.#root, topic.split('/'))?.value;
  }

  set(topic: string, value: T): void {
    let node = this.#root;
    for (const [depth, level] of topic.split('/').entries()) {
      node.children ??= new Map();
      let child = node.children.get(level);
      if (child === undefined) {
        child = createNode(level, node);
        node.children.set(level, child);
        this.#levels.add(depth, child);
      }
      node = child;
    }
    if (node.value === undefined) this.#size += 1;
    node.value = value;
  }

  /** @returns false when the topic had no value. */
  delete(topic: string): boolean {
    const levels = topic.split('/');
    const leaf = descend(this.#root, levels);
    if (leaf?.value === undefined) return false;
    leaf.value = undefined;
    this.#size -= 1;
    this.#prune(leaf, levels.length - 1);
    return true;
  }

  /** Values of the topics that match, found as they are asked for; the tree may change meanwhile. */
  match(filter: string): Steps<T> {
    const levels = filter.split('/');
    const wildAt = levels.findIndex((level) => level === '+' || level === '#');
    const start = descend(this.#root, wildAt === -1 ? levels : levels.slice(0, wildAt));
    if (start === undefined || !this.#levels.isReached(levels)) return none();
    const depth = wildAt === -1 ? levels.length : wildAt;
    const rarest = this.#levels.rarest(levels, depth);
    return rarest === undefined || rarest.nodes.size >= (start.children?.size ?? 0)
      ? walk(start, levels, depth)
      : upAndDown(rarest.nodes, levels, rarest.depth);
  }

  /** Removes the branch up to the first node that is still needed. */
  #prune(leaf: TreeNode<T>, leafDepth: number): void {
    let node = leaf;
    for (let depth = leafDepth; depth >= 0; depth -= 1) {
      const { parent } = node;
      if (node.value !== undefined || node.children !== undefined || parent === undefined) return;
      parent.children?.delete(node.name);
      if (parent.children?.size === 0) parent.children = undefined;
      this.#levels.delete(depth, node);
      node = parent;
    }
  }
}

function descend<T>(root: TreeNode<T>, levels: readonly string[]): TreeNode<T> | undefined {
  let node: TreeNode<T> | undefined = root;
  for (const level of levels) {
    node = node.children?.get(level);
    if (node === undefined) return undefined;
  }
  return node;
}

function* none<T>(): Steps<T> {
  // nothing can match
}

function* walk<T>(node: TreeNode<T>, levels: readonly string[], depth: number): Steps<T> {
  const level = levels[depth];
  if (level === undefined) {
    yield node.value;
  } else if (level === '#') {
    yield* below(node, depth);
  } else if (level === '+') {
    for (const child of node.children?.values() ?? [])
      if (isReachable(child.name, depth)) yield* walk(child, levels, depth + 1);
      else yield undefined;
  } else {
    const child = node.children?.get(level);
    if (child === undefined) yield undefined;
    else yield* walk(child, levels, depth + 1);
  }
}

/** The node and all under it: `a/#` matches `a` too. [MQTT-4.7.1-2] */
function* below<T>(node: TreeNode<T>, depth: number): Steps<T> {
  yield node.value;
  for (const child of node.children?.values() ?? []) if (isReachable(child.name, depth)) yield* below(child, depth + 1);
}

/** From nodes of one level of the filter: those whose way from the root matches, and what is below them. */
function* upAndDown<T>(nodes: ReadonlySet<TreeNode<T>>, levels: readonly string[], depth: number): Steps<T> {
  for (const node of nodes)
    if (isWayOf(node, levels, depth)) yield* walk(node, levels, depth + 1);
    else yield undefined;
}

function isWayOf<T>(node: TreeNode<T>, levels: readonly string[], depth: number): boolean {
  let above = node.parent;
  for (let at = depth - 1; at >= 0 && above !== undefined; at -= 1) {
    if (levels[at] === '+' ? !isReachable(above.name, at) : levels[at] !== above.name) return false;
    above = above.parent;
  }
  return true;
}

/** A leading wildcard does not match a topic that begins with `$`. [MQTT-4.7.2-1] */
const isReachable = (name: string, depth: number): boolean => depth > 0 || !name.startsWith('$');
