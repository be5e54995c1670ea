import { TopicNode } from './topic-node.ts';

/**
 * Which values are registered for a topic name, by topic filter. A trie of topic levels, so that a lookup
 * costs the depth of the topic and not the number of filters. Empty levels are levels like any other.
 */
export class TopicIndex<T extends object | string | number> {
  readonly #root = new TopicNode<T>();
  #size = 0;

  /** Registrations, over all filters. */
  get size(): number {
    return this.#size;
  }

  /** @param filter a valid topic filter. @returns false when the value was registered for this filter already. */
  add(filter: string, value: T): boolean {
    let node = this.#root;
    for (const level of filter.split('/')) node = node.requireChild(level);
    if (!node.add(value)) return false;
    this.#size += 1;
    return true;
  }

  /** @returns false when the value was not registered for this filter. */
  remove(filter: string, value: T): boolean {
    const levels = filter.split('/');
    const path = [this.#root];
    for (const level of levels) {
      const child = path.at(-1)?.childAt(level);
      if (child === undefined) return false;
      path.push(child);
    }
    if (path.at(-1)?.remove(value) !== true) return false;
    this.#size -= 1;
    for (let depth = levels.length; depth > 0; depth -= 1) {
      if (path[depth]?.isEmpty !== true) break;
      path[depth - 1]?.removeChild(levels[depth - 1] ?? '');
    }
    return true;
  }

  /** Values that are registered for just this filter. */
  sizeAt(filter: string): number {
    let node: TopicNode<T> | undefined = this.#root;
    for (const level of filter.split('/')) node = node?.childAt(level);
    return node?.size ?? 0;
  }

  /** Calls `visit` once for every filter here that has a topic in common with this one. */
  meet(filter: string, visit: (found: string, values: TopicNode<T>) => void): void {
    meet(this.#root, filter.split('/'), 0, '', visit);
  }

  /**
   * Calls `visit` for every registration whose filter matches; a value may come several times, once a filter.
   * Filters that begin with a wildcard do not match topics that begin with `$`. [MQTT-4.7.2-1]
   */
  match(topic: string, visit: (value: T) => void): void {
    const levels = topic.split('/');
    const isReserved = topic.charCodeAt(0) === 0x24; // $
    if (!isReserved) this.#matchWildcards(this.#root, levels, 0, visit);
    const literal = this.#root.childAt(levels[0] ?? '');
    if (literal !== undefined) this.#descend(literal, levels, 1, visit);
  }

  #matchWildcards(node: TopicNode<T>, levels: readonly string[], depth: number, visit: (value: T) => void): void {
    node.childAt('#')?.visit(visit);
    if (depth === levels.length) return;
    const any = node.childAt('+');
    if (any !== undefined) this.#descend(any, levels, depth + 1, visit);
  }

  #descend(node: TopicNode<T>, levels: readonly string[], depth: number, visit: (value: T) => void): void {
    if (depth === levels.length) node.visit(visit);
    this.#matchWildcards(node, levels, depth, visit); // `a/#` matches `a` too [MQTT-4.7.1-2]
    if (depth === levels.length) return;
    const literal = node.childAt(levels[depth] ?? '');
    if (literal !== undefined) this.#descend(literal, levels, depth + 1, visit);
  }
}

type Visit<T> = (found: string, values: TopicNode<T>) => void;

/** A wildcard at the beginning takes nothing that begins with `$`. [MQTT-4.7.2-1] */
const isApart = (depth: number, level: string): boolean => depth === 0 && level.startsWith('$');

/** @param path of the node */
function meet<T>(node: TopicNode<T>, levels: readonly string[], depth: number, path: string, visit: Visit<T>): void {
  const level = levels[depth];
  const below = (next: string): string => (depth === 0 ? next : `${path}/${next}`);
  const go = (next: string): void => {
    const child = node.childAt(next);
    if (child !== undefined) meet(child, levels, depth + 1, below(next), visit);
  };
  if (level === '#') return all(node, depth, path, visit);
  const rest = level !== undefined && isApart(depth, level) ? undefined : node.childAt('#');
  if (rest !== undefined) visit(below('#'), rest); // `a/#` takes `a` too [MQTT-4.7.1-2]
  if (level === undefined) {
    if (node.size > 0) visit(path, node);
  } else if (level === '+') node.eachChild((next) => (next === '#' || isApart(depth, next) ? undefined : go(next)));
  else {
    go(level);
    if (!isApart(depth, level)) go('+');
  }
}

/** What stands at a node and below. */
function all<T>(node: TopicNode<T>, depth: number, path: string, visit: Visit<T>): void {
  if (node.size > 0) visit(path, node);
  node.eachChild((next, child) => {
    if (!isApart(depth, next)) all(child, depth + 1, depth === 0 ? next : `${path}/${next}`, visit);
  });
}
