import type { Outgoing } from './outgoing.ts';

/** What the client has to answer next. [MQTT-4.3.2-1] [MQTT-4.3.3-1] */
export type Awaited = 'puback' | 'pubrec' | 'pubcomp';

export interface WindowEntry {
  readonly awaits: Awaited;
  /** The message, where it may have to go to somebody else; undefined otherwise. */
  readonly outgoing: Outgoing | undefined;
}

const plain: Readonly<Record<Awaited, WindowEntry>> = {
  puback: { awaits: 'puback', outgoing: undefined },
  pubrec: { awaits: 'pubrec', outgoing: undefined },
  pubcomp: { awaits: 'pubcomp', outgoing: undefined },
};

/** The packet identifiers under way to one client, and how many there may be. [MQTT-2.2.1-4] [MQTT-4.9.0-1] */
export class Window {
  readonly #size: number;
  readonly #inFlight = new Map<number, WindowEntry>();
  #last = 0;

  /** @param size Receive Maximum of the client, 1 to 65,535 */
  constructor(size: number) {
    this.#size = size;
  }

  get isFull(): boolean {
    return this.#inFlight.size >= this.#size;
  }

  get inUse(): number {
    return this.#inFlight.size;
  }

  /** Takes a free packet identifier; the window must not be full. */
  take(awaits: Awaited, outgoing?: Outgoing): number {
    do this.#last = this.#last === 65_535 ? 1 : this.#last + 1;
    while (this.#inFlight.has(this.#last));
    this.set(this.#last, awaits, outgoing);
    return this.#last;
  }

  /** Notes what is awaited for an identifier, which may be one of an earlier connection. */
  set(packetId: number, awaits: Awaited, outgoing?: Outgoing): void {
    this.#inFlight.set(packetId, outgoing === undefined ? plain[awaits] : { awaits, outgoing });
  }

  get(packetId: number): WindowEntry | undefined {
    return this.#inFlight.get(packetId);
  }

  release(packetId: number): boolean {
    return this.#inFlight.delete(packetId);
  }

  /** Everything under way, in the order in which it was sent. */
  values(): Iterable<WindowEntry> {
    return this.#inFlight.values();
  }
}
