import type { StoreDeps } from '../drop.ts';
import { exchangeBytes, exchangeRefused } from '../limits.ts';
import type { ExchangeLimits } from '../schema.ts';

/** Packet identifiers of QoS 2 messages that publishers have not released yet. [MQTT-4.3.3-2] */
export class InboundIdentifiers {
  readonly #open = new Map<string, Set<number>>();
  readonly #onDropped: StoreDeps['onDropped'];
  readonly #limits: ExchangeLimits;
  readonly #onRemoved: (clientId: string, messageId: number) => void;
  #size = 0;
  #bytes = 0;

  /** @param onRemoved is told of each identifier that is not open any more. */
  constructor(
    limits: ExchangeLimits,
    { onDropped }: Pick<StoreDeps, 'onDropped'>,
    onRemoved: (clientId: string, messageId: number) => void = () => undefined,
  ) {
    this.#limits = limits;
    this.#onDropped = onDropped;
    this.#onRemoved = onRemoved;
  }

  /** What they count for in `store.maxBytes`. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The newcomer gives way, as nobody may lose what is open. @throws StoreError store-full */
  requireRoom(clientId: string, messageId: number): void {
    const own = this.#open.get(clientId);
    if (own?.has(messageId) === true) return;
    if (this.#size < this.#limits.total && (own?.size ?? 0) < this.#limits.perSession) return;
    this.#onDropped({ reason: 'exchanges-full', clientId });
    throw exchangeRefused(clientId, this.#limits);
  }

  /** Looks at no limit. @returns false when it was open already. */
  add(clientId: string, messageId: number): boolean {
    let own = this.#open.get(clientId);
    if (own === undefined) this.#open.set(clientId, (own = new Set()));
    if (own.has(messageId)) return false;
    own.add(messageId);
    this.#size += 1;
    this.#bytes += exchangeBytes(clientId);
    return true;
  }

  has(clientId: string, messageId: number): boolean {
    return this.#open.get(clientId)?.has(messageId) === true;
  }

  delete(clientId: string, messageId: number): void {
    const own = this.#open.get(clientId);
    if (own?.delete(messageId) !== true) return;
    this.#size -= 1;
    this.#bytes -= exchangeBytes(clientId);
    if (own.size === 0) this.#open.delete(clientId);
    this.#onRemoved(clientId, messageId);
  }

  deleteAll(clientId: string): void {
    const own = this.#open.get(clientId);
    if (own === undefined) return;
    this.#size -= own.size;
    this.#bytes -= own.size * exchangeBytes(clientId);
    this.#open.delete(clientId);
    for (const messageId of own) this.#onRemoved(clientId, messageId);
  }
}
