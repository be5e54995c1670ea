import type { Outgoing } from './outgoing.ts';

const states = [undefined, 'puback', 'pubrec', 'pubcomp'] as const;

/** What the client has to answer next. [MQTT-4.3.2-1] [MQTT-4.3.3-1] */
export type Awaited = NonNullable<(typeof states)[number]>;

const stateOf = { puback: 1, pubrec: 2, pubcomp: 3 } as const satisfies Readonly<Record<Awaited, number>>;

/** Of the 65,536 identifiers so many lie on one page. */
const pageBits = 8;
const pageSize = 1 << pageBits;
const inPage = pageSize - 1;

/** By identifier, the index of what is awaited in `states`. */
interface Page {
  readonly states: Uint8Array;
  inUse: number;
}

/**
 * The packet identifiers under way to one client, and how many there may be. [MQTT-2.2.1-4] [MQTT-4.9.0-1]
 *
 * Each message takes, reads and releases one, so that is a byte in an array. As identifiers follow one another few pages
 * exist at a time: those with something under way, and one more.
 */
export class Window {
  readonly #size: number;
  readonly #pages: (Page | undefined)[] = [];
  #spare: Page | undefined;
  #inUse = 0;
  #last = 0;
  /** Messages that may have to go to somebody else, in the order in which they were sent; made with the first. */
  #kept: Map<number, Outgoing> | undefined;

  /** @param size Receive Maximum of the client, 1 to 65,535 */
  constructor(size: number) {
    this.#size = size;
  }

  get isFull(): boolean {
    return this.#inUse >= this.#size;
  }

  get inUse(): number {
    return this.#inUse;
  }

  /** Takes a free packet identifier; the window must not be full. @param outgoing where it may have to go to somebody else */
  take(awaits: Awaited, outgoing?: Outgoing): number {
    const before = this.#last >> pageBits;
    do this.#last = this.#last === 65_535 ? 1 : this.#last + 1;
    while (this.get(this.#last) !== undefined);
    if (this.#last >> pageBits !== before) this.#leave(before);
    this.set(this.#last, awaits, outgoing);
    return this.#last;
  }

  /** Notes what is awaited for an identifier, which may be one of an earlier connection. */
  set(packetId: number, awaits: Awaited, outgoing?: Outgoing): void {
    const page = this.#pages[packetId >> pageBits] ?? this.#open(packetId >> pageBits);
    const at = packetId & inPage;
    if (page.states[at] === 0) {
      page.inUse += 1;
      this.#inUse += 1;
    }
    page.states[at] = stateOf[awaits];
    if (outgoing !== undefined) {
      this.#kept ??= new Map();
      this.#kept.set(packetId, outgoing);
    } else this.#kept?.delete(packetId);
  }

  /** What is awaited; undefined where the identifier is free. */
  get(packetId: number): Awaited | undefined {
    return states[this.#pages[packetId >> pageBits]?.states[packetId & inPage] ?? 0];
  }

  /** The identifier is free again. */
  release(packetId: number): void {
    const number = packetId >> pageBits;
    const page = this.#pages[number];
    const at = packetId & inPage;
    if (page === undefined || page.states[at] === 0) return;
    page.states[at] = 0;
    page.inUse -= 1;
    this.#inUse -= 1;
    this.#kept?.delete(packetId);
    if (page.inUse === 0 && number !== this.#last >> pageBits) this.#leave(number);
  }

  /** Messages under way that may have to go to somebody else, in the order in which they were sent. */
  kept(): Iterable<Outgoing> {
    return this.#kept?.values() ?? [];
  }

  #open(number: number): Page {
    const page = this.#spare ?? { states: new Uint8Array(pageSize), inUse: 0 };
    this.#spare = undefined;
    this.#pages[number] = page;
    return page;
  }

  /** Takes the page away where nothing of it is under way. */
  #leave(number: number): void {
    const page = this.#pages[number];
    if (page === undefined || page.inUse > 0) return;
    this.#spare = page;
    this.#pages[number] = undefined;
  }
}
