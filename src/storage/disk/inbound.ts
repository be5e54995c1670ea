import type { StoreDeps } from '../drop.ts';
import { InboundIdentifiers } from '../memory/inbound.ts';
import type { ExchangeLimits } from '../schema.ts';
import type { Batch } from './files/batch.ts';
import type { Environment } from './files/environment.ts';
import { inboundKey } from './files/keys.ts';

/** Open QoS 2 identifiers of publishers: in memory as they are asked for with every message, and on disk. */
export class DiskInbound {
  readonly #open: InboundIdentifiers;
  readonly #batch: Batch;

  constructor(
    environment: Environment,
    batch: Batch,
    limits: ExchangeLimits,
    { onDropped }: Pick<StoreDeps, 'onDropped'>,
  ) {
    this.#batch = batch;
    this.#open = new InboundIdentifiers(limits, { onDropped }, (clientId, messageId) =>
      batch.remove('inbound', inboundKey(clientId, messageId)),
    );
    for (const { key, value } of environment.all('inbound'))
      this.#open.add(value.toString(), key.readUInt16BE(key.length - 2));
  }

  /** What they count for in `store.maxBytes`. */
  get bytes(): number {
    return this.#open.bytes;
  }

  /** @throws StoreError store-full */
  requireRoom(clientId: string, messageId: number): void {
    this.#open.requireRoom(clientId, messageId);
  }

  /** Looks at no limit. */
  add(clientId: string, messageId: number): void {
    if (this.#open.add(clientId, messageId))
      this.#batch.put('inbound', inboundKey(clientId, messageId), Buffer.from(clientId), true);
  }

  has(clientId: string, messageId: number): boolean {
    return this.#open.has(clientId, messageId);
  }

  delete(clientId: string, messageId: number): void {
    this.#open.delete(clientId, messageId);
  }

  deleteAll(clientId: string): void {
    this.#open.deleteAll(clientId);
  }
}
