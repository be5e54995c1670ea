import { Fifo } from '../kernel/fifo.ts';

/** Something to deliver, with what it occupies while it waits. */
export interface WindowItem {
  readonly bytes: number;
}

export interface DeliveryWindowOptions<T> {
  /** Receive Maximum of the client, 1 to 65,535. */
  readonly size: number;
  /** Bytes that may wait because the client has not acknowledged enough of what came before. */
  readonly maxWaitingBytes: number;
  readonly send: (item: T, packetId: number) => void;
}

/**
 * Flow control towards one clean session: packet identifiers in use, at most as many as the client takes, and a
 * bounded queue of what comes meanwhile. [MQTT-4.9.0-1]
 */
export class DeliveryWindow<T extends WindowItem> {
  readonly #options: DeliveryWindowOptions<T>;
  readonly #inUse = new Set<number>();
  readonly #waiting = new Fifo<T>();
  #waitingBytes = 0;
  #last = 0;

  constructor(options: DeliveryWindowOptions<T>) {
    this.#options = options;
  }

  get inUse(): number {
    return this.#inUse.size;
  }

  /** True when what is pushed now has to wait. */
  get isFull(): boolean {
    return this.#inUse.size >= this.#options.size;
  }

  /** Sends now or as soon as the client acknowledges. @returns false when too much waits already. */
  push(item: T): boolean {
    if (!this.isFull) {
      this.#options.send(item, this.#nextPacketId());
      return true;
    }
    if (this.#waitingBytes + item.bytes > this.#options.maxWaitingBytes) return false;
    this.#waitingBytes += item.bytes;
    this.#waiting.push(item);
    return true;
  }

  /** @returns false when no message of this window has the identifier. */
  release(packetId: number): boolean {
    if (!this.#inUse.delete(packetId)) return false;
    const next = this.#waiting.shift();
    if (next === undefined) return true;
    this.#waitingBytes -= next.bytes;
    this.#options.send(next, this.#nextPacketId());
    return true;
  }

  #nextPacketId(): number {
    do this.#last = this.#last === 65_535 ? 1 : this.#last + 1;
    while (this.#inUse.has(this.#last));
    this.#inUse.add(this.#last);
    return this.#last;
  }
}
