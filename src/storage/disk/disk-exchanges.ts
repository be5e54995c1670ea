import type { Exchange } from '../../broker/store-port.ts';
import type { StoreDeps } from '../drop.ts';
import { MemoryExchanges } from '../memory/memory-exchanges.ts';
import type { ExchangeLimits } from '../schema.ts';
import type { Batch } from './files/batch.ts';
import type { Environment } from './files/environment.ts';
import { inboundKey } from './files/keys.ts';

/** Open QoS 2 identifiers of publishers: in memory as they are asked for with every message, and on disk. */
export class DiskExchanges {
  readonly #open: MemoryExchanges;
  readonly #batch: Batch;

  constructor(
    environment: Environment,
    batch: Batch,
    limits: ExchangeLimits,
    { onDropped }: Pick<StoreDeps, 'onDropped'>,
  ) {
    this.#batch = batch;
    this.#open = new MemoryExchanges(limits, { onDropped }, ({ clientId, packetId }) =>
      batch.remove('inbound', inboundKey(clientId, packetId)),
    );
    for (const { key, value } of environment.all('inbound'))
      this.#open.add({ clientId: value.toString(), packetId: key.readUInt16BE(key.length - 2) });
  }

  /** What they count for in `store.maxBytes`. */
  get bytes(): number {
    return this.#open.bytes;
  }

  /** @throws StoreError store-full */
  requireRoom(exchange: Exchange): void {
    this.#open.requireRoom(exchange);
  }

  /** Looks at no limit. */
  add(exchange: Exchange): void {
    const { clientId, packetId } = exchange;
    if (this.#open.add(exchange))
      this.#batch.put('inbound', inboundKey(clientId, packetId), Buffer.from(clientId), true);
  }

  has(exchange: Exchange): boolean {
    return this.#open.has(exchange);
  }

  delete(exchange: Exchange): void {
    this.#open.delete(exchange);
  }

  deleteAll(clientId: string): void {
    this.#open.deleteAll(clientId);
  }
}
