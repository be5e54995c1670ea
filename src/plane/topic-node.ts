/**
 * One level of a filter in a tree of filters. Most have one child and one value: these stand in the node itself, as a Map
 * and a Set for each level would take four times the memory.
 */
export class TopicNode<T> {
  /** The level of the only child. */
  #level: string | undefined;
  #below: TopicNode<T> | Map<string, TopicNode<T>> | undefined;
  #values: T | Set<T> | undefined;

  /** Nothing stands here or below. */
  get isEmpty(): boolean {
    return this.#values === undefined && this.#below === undefined;
  }

  childAt(level: string): TopicNode<T> | undefined {
    const below = this.#below;
    if (below instanceof Map) return below.get(level);
    return this.#level === level ? below : undefined;
  }

  /** Finds the child, or makes it. */
  requireChild(level: string): TopicNode<T> {
    const found = this.childAt(level);
    if (found !== undefined) return found;
    const added = new TopicNode<T>();
    const below = this.#below;
    if (below instanceof Map) below.set(level, added);
    else if (below !== undefined && this.#level !== undefined) {
      this.#below = new Map([
        [this.#level, below],
        [level, added],
      ]);
      this.#level = undefined;
    } else {
      this.#level = level;
      this.#below = added;
    }
    return added;
  }

  removeChild(level: string): void {
    const below = this.#below;
    if (below instanceof Map) {
      below.delete(level);
      if (below.size === 0) this.#below = undefined;
    } else if (this.#level === level) {
      this.#level = undefined;
      this.#below = undefined;
    }
  }

  /** @returns false when it was here already. */
  add(value: T): boolean {
    const values = this.#values;
    if (values instanceof Set) {
      const { size } = values;
      return values.add(value).size > size;
    }
    if (values === value) return false;
    this.#values = values === undefined ? value : new Set([values, value]);
    return true;
  }

  /** @returns false when it was not here. */
  remove(value: T): boolean {
    const values = this.#values;
    if (values instanceof Set) {
      if (!values.delete(value)) return false;
      if (values.size === 0) this.#values = undefined;
      return true;
    }
    if (values !== value) return false;
    this.#values = undefined;
    return true;
  }

  /** Values that stand here. */
  get size(): number {
    const values = this.#values;
    return values instanceof Set ? values.size : values === undefined ? 0 : 1;
  }

  eachChild(take: (level: string, child: TopicNode<T>) => void): void {
    const below = this.#below;
    if (below instanceof Map) for (const [level, child] of below) take(level, child);
    else if (below !== undefined && this.#level !== undefined) take(this.#level, below);
  }

  visit(take: (value: T) => void): void {
    const values = this.#values;
    if (values instanceof Set) for (const value of values) take(value);
    else if (values !== undefined) take(values);
  }
}
