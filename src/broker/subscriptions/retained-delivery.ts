import type { Slice, Slices } from '../../kernel/slices.ts';
import type { Qos } from '../../plane/message.ts';
import type { Delivery } from '../../plane/plane.ts';
import type { EdgePort } from '../engine-port.ts';
import { RetainedMessage } from '../publish/retained-message.ts';
import type { Store, StoredMessage } from '../store-port.ts';
import type { SubscriptionTable } from './subscription-table.ts';

/** Messages between two looks at the clock. */
const clockMessages = 8;

export interface RetainedDeliveryDeps {
  readonly edge: Pick<EdgePort, 'subscriber' | 'whenRoom'>;
  readonly store: Pick<Store, 'retained'>;
  /** Shared by all clients: those that search and send at the same time take turns. */
  readonly slices: Slices;
  readonly now: () => number;
  /** They cannot be read. */
  readonly failed: (error: unknown) => void;
}

/** How messages of the filter that is read are handed over. */
interface Grant {
  readonly qos: Qos;
  /** By QoS. */
  readonly deliveries: readonly [Delivery, Delivery, Delivery];
}

/**
 * Sends the retained messages of new subscriptions to one client: one filter after the other, each message when there is
 * room for it, and never above the QoS granted [MQTT-3.8.4-8]. What is not sent yet stays where it is retained.
 */
export class RetainedDelivery {
  readonly #subscriptions: Pick<SubscriptionTable, 'get' | 'highestQos'>;
  readonly #deps: RetainedDeliveryDeps;
  /** No more than the client has subscriptions. */
  readonly #waiting = new Set<string>();
  #isReading = false;
  /** Of the filter that is read; undefined after a change of the client's subscriptions. */
  #grant: Grant | undefined;

  /** @param subscriptions of the client, as they are at any time */
  constructor(subscriptions: Pick<SubscriptionTable, 'get' | 'highestQos'>, deps: RetainedDeliveryDeps) {
    this.#subscriptions = subscriptions;
    this.#deps = deps;
  }

  add(filters: readonly string[]): void {
    for (const filter of filters) this.#waiting.add(filter);
    if (this.#isReading) return;
    this.#isReading = true;
    this.#read().catch((error: unknown) => this.#deps.failed(error));
  }

  /** A subscription came, is another one, or went. */
  changed(filter: string): void {
    this.#grant = undefined;
    if (this.#subscriptions.get(filter) === undefined) this.#waiting.delete(filter);
  }

  async #read(): Promise<void> {
    let slice = await this.#deps.slices.next();
    for (const filter of this.#waiting) {
      this.#waiting.delete(filter); // the same subscription again gets them again [MQTT-3.8.4-3]
      this.#grant = undefined;
      if (this.#deps.edge.subscriber.isGone?.() === true) return;
      for await (const page of this.#deps.store.retained(filter)) {
        const next = await this.#send(filter, page, slice);
        if (next === undefined) break;
        slice = next.isOver() ? await this.#deps.slices.next() : next;
      }
      if (slice.isOver()) slice = await this.#deps.slices.next();
    }
    this.#isReading = false;
  }

  /** @returns the slice that it ended in; undefined where nobody wants the rest */
  async #send(filter: string, page: Iterable<StoredMessage>, current: Slice): Promise<Slice | undefined> {
    const { edge, slices } = this.#deps;
    const { subscriber } = edge;
    const packets = page[Symbol.iterator]();
    let slice = current;
    for (let sent = 1; ; sent += 1) {
      if (sent % clockMessages === 0 && slice.isOver()) slice = await slices.next();
      while (subscriber.canTake?.() === false && subscriber.isGone?.() !== true) {
        await new Promise<void>((resolve) => edge.whenRoom(resolve));
        slice = await slices.next();
      }
      if (subscriber.isGone?.() === true) return undefined;
      this.#grant ??= this.#grantOf(filter);
      if (this.#grant === undefined) return undefined; // no new messages after UNSUBSCRIBE [MQTT-3.10.4-2]
      const next = packets.next();
      if (next.done === true) return slice;
      this.#deliver(next.value, this.#grant);
    }
  }

  #deliver(packet: StoredMessage, { qos, deliveries }: Grant): void {
    const { expiresAt } = packet;
    const left = expiresAt === undefined ? undefined : Math.ceil((expiresAt - this.#deps.now()) / 1_000);
    if (left !== undefined && left <= 0) return; // [MQTT-3.3.2-5]
    if (this.#deps.edge.subscriber.mayReceive?.(packet.topic) === false) return;
    const granted = packet.qos > qos ? this.#subscriptions.highestQos(packet.topic, qos) : qos;
    const message = new RetainedMessage(packet, left);
    this.#deps.edge.subscriber.deliver(message, deliveries[granted < packet.qos ? granted : packet.qos]);
  }

  #grantOf(filter: string): Grant | undefined {
    const subscription = this.#subscriptions.get(filter);
    if (subscription === undefined) return undefined;
    const { qos, identifier } = subscription;
    const identifiers = identifier === undefined ? [] : [identifier];
    const at = (each: Qos): Delivery => ({ qos: each, retain: true, identifiers });
    return { qos, deliveries: [at(0), at(1), at(2)] };
  }
}
