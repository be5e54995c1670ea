import type { Exchange } from '../../broker/store-port.ts';
import type { StoreDeps } from '../drop.ts';
import { exchangeBytes, exchangeRefused } from '../limits.ts';
import type { ExchangeLimits } from '../schema.ts';

/** Packet identifiers of QoS 2 messages that publishers have not released yet. [MQTT-4.3.3-2] */
export class MemoryExchanges {
  readonly #open = new Map<string, Set<number>>();
  readonly #onDropped: StoreDeps['onDropped'];
  readonly #limits: ExchangeLimits;
  readonly #onRemoved: (exchange: Exchange) => void;
  #size = 0;
  #bytes = 0;

  /** @param onRemoved is told of each identifier that is not open any more. */
  constructor(
    limits: ExchangeLimits,
    { onDropped }: Pick<StoreDeps, 'onDropped'>,
    onRemoved: (exchange: Exchange) => void = () => undefined,
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
  requireRoom({ clientId, packetId }: Exchange): void {
    const own = this.#open.get(clientId);
    if (own?.has(packetId) === true) return;
    if (this.#size < this.#limits.total && (own?.size ?? 0) < this.#limits.perSession) return;
    this.#onDropped({ reason: 'exchanges-full', clientId });
    throw exchangeRefused(clientId, this.#limits);
  }

  /** Looks at no limit. @returns false when it was open already. */
  add({ clientId, packetId }: Exchange): boolean {
    let own = this.#open.get(clientId);
    if (own === undefined) this.#open.set(clientId, (own = new Set()));
    if (own.has(packetId)) return false;
    own.add(packetId);
    this.#size += 1;
    this.#bytes += exchangeBytes(clientId);
    return true;
  }

  has({ clientId, packetId }: Exchange): boolean {
    return this.#open.get(clientId)?.has(packetId) === true;
  }

  delete(exchange: Exchange): void {
    const { clientId, packetId } = exchange;
    const own = this.#open.get(clientId);
    if (own?.delete(packetId) !== true) return;
    this.#size -= 1;
    this.#bytes -= exchangeBytes(clientId);
    if (own.size === 0) this.#open.delete(clientId);
    this.#onRemoved(exchange);
  }

  deleteAll(clientId: string): void {
    const own = this.#open.get(clientId);
    if (own === undefined) return;
    this.#size -= own.size;
    this.#bytes -= own.size * exchangeBytes(clientId);
    this.#open.delete(clientId);
    for (const packetId of own) this.#onRemoved({ clientId, packetId });
  }
}
