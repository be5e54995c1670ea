import type { Parts } from '../broker/query-port.ts';

export interface Page {
  readonly items: readonly object[];
  /** Of a stream: how many came before these and were forgotten. */
  readonly leftOut?: number;
}

/** Something that is read page by page. */
export interface Reading {
  /** There is nothing more. */
  readonly isDone: boolean;
  /** @param most 1 or more; a page may have fewer also where more are to come */
  read(most: number): Promise<Page>;
  /** What it reads is given back. */
  close(): Promise<void>;
}

/** Empty parts after which a page ends, however few it has: a search that finds little must not keep others waiting. */
const maxEmptyParts = 32;

/** Reads parts, no further than it is asked for. */
export class PartsReading implements Reading {
  readonly #parts: Iterator<Iterable<object>> | AsyncIterator<Iterable<object>>;
  #part: Iterator<object> | undefined;
  #isDone = false;

  constructor(parts: Parts<object>) {
    this.#parts = Symbol.asyncIterator in parts ? parts[Symbol.asyncIterator]() : parts[Symbol.iterator]();
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  async read(most: number): Promise<Page> {
    const items: object[] = [];
    for (let empty = 0; items.length < most && !this.#isDone && empty < maxEmptyParts; ) {
      this.#part ??= await this.#nextPart();
      const next = this.#part?.next();
      if (next?.done === false) items.push(next.value);
      else {
        this.#part = undefined;
        empty += 1;
      }
    }
    return { items };
  }

  async close(): Promise<void> {
    this.#isDone = true;
    await this.#parts.return?.();
  }

  async #nextPart(): Promise<Iterator<object> | undefined> {
    const next = await this.#parts.next();
    if (next.done !== true) return next.value[Symbol.iterator]();
    this.#isDone = true;
    return undefined;
  }
}

/** What happens, for one reader. */
export interface HeardEvents {
  take(most: number): { readonly events: readonly object[]; readonly leftOut: number };
  close(): void;
}

/** Reads what happened since the last page; it never ends. */
export const eventsReading = (heard: HeardEvents): Reading => ({
  isDone: false,
  read(most) {
    const { events, leftOut } = heard.take(most);
    return Promise.resolve({ items: events, leftOut });
  },
  close() {
    heard.close();
    return Promise.resolve();
  },
});
