import { TopicIndex } from './topic-index.ts';

/** Hears which filters clients have; those that are there already come first. Must not throw. */
export interface InterestWatcher {
  /** The first client has this filter, or the first member of a shared group for it. */
  appeared(filter: string): void;
  /** The last one has it no more. */
  disappeared(filter: string): void;
}

/** Where filters stand; `of` is how many have one. */
interface Filters {
  sizeAt(filter: string): number;
  meet(filter: string, visit: (filter: string) => void): void;
}

/**
 * Tells who is interested in what: filters that appear with their first client and disappear with their last. What the
 * program itself subscribes to, as bridge rules do, does not count.
 */
export class Interest {
  readonly #filters: Filters;
  readonly #watchers = new TopicIndex<InterestWatcher>();
  /** How often the program itself has a filter. */
  readonly #own = new Map<string, number>();

  constructor(filters: Filters) {
    this.#filters = filters;
  }

  /** How many clients and shared groups have just this filter. */
  count(filter: string): number {
    return this.#filters.sizeAt(filter) - (this.#own.get(filter) ?? 0);
  }

  /** Tells of filters that have a topic in common with this one. @returns ends it */
  watch(filter: string, watcher: InterestWatcher): () => void {
    this.#watchers.add(filter, watcher);
    this.#filters.meet(filter, (found) => {
      if (this.count(found) > 0) watcher.appeared(found);
    });
    return () => void this.#watchers.remove(filter, watcher);
  }

  /** A subscription was added. @param isOwn of the program itself */
  added(filter: string, isOwn: boolean): void {
    if (isOwn) this.#own.set(filter, (this.#own.get(filter) ?? 0) + 1);
    else if (this.#watchers.size > 0 && this.count(filter) === 1)
      this.#watchers.meet(filter, (_, watchers) => watchers.visit((each) => each.appeared(filter)));
  }

  removed(filter: string, isOwn: boolean): void {
    if (isOwn) this.#forgetOwn(filter);
    else if (this.#watchers.size > 0 && this.count(filter) === 0)
      this.#watchers.meet(filter, (_, watchers) => watchers.visit((each) => each.disappeared(filter)));
  }

  #forgetOwn(filter: string): void {
    const left = (this.#own.get(filter) ?? 1) - 1;
    if (left === 0) this.#own.delete(filter);
    else this.#own.set(filter, left);
  }
}
