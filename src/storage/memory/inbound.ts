import type { StoreDeps } from '../drop.ts';

/** Open QoS 2 identifiers over all clients, about 30 MB; the edge limits each client to its Receive Maximum. */
const maxIdentifiers = 1_000_000;

/** Packet identifiers of QoS 2 messages that publishers have not released yet. [MQTT-4.3.3-2] */
export class InboundIdentifiers {
  readonly #open = new Map<string, Set<number>>();
  readonly #onDropped: StoreDeps['onDropped'];
  readonly #limit: number;
  readonly #onRemoved: (clientId: string, messageId: number) => void;
  #size = 0;

  /**
   * @param limit over all clients; beyond it those of the longest waiting client are forgotten.
   * @param onRemoved is told of each identifier that is not open any more.
   */
  constructor(
    { onDropped }: Pick<StoreDeps, 'onDropped'>,
    limit = maxIdentifiers,
    onRemoved: (clientId: string, messageId: number) => void = () => undefined,
  ) {
    this.#onDropped = onDropped;
    this.#limit = limit;
    this.#onRemoved = onRemoved;
  }

  /** @returns false when it was open already. */
  add(clientId: string, messageId: number): boolean {
    let own = this.#open.get(clientId);
    if (own === undefined) this.#open.set(clientId, (own = new Set()));
    if (own.has(messageId)) return false;
    own.add(messageId);
    this.#size += 1;
    if (this.#size > this.#limit) this.#forgetOldest();
    return true;
  }

  has(clientId: string, messageId: number): boolean {
    return this.#open.get(clientId)?.has(messageId) === true;
  }

  delete(clientId: string, messageId: number): void {
    const own = this.#open.get(clientId);
    if (own?.delete(messageId) !== true) return;
    this.#size -= 1;
    if (own.size === 0) this.#open.delete(clientId);
    this.#onRemoved(clientId, messageId);
  }

  deleteAll(clientId: string): void {
    const own = this.#open.get(clientId);
    if (own === undefined) return;
    this.#size -= own.size;
    this.#open.delete(clientId);
    for (const messageId of own) this.#onRemoved(clientId, messageId);
  }

  #forgetOldest(): void {
    const [clientId] = this.#open.keys();
    if (clientId === undefined) return;
    this.deleteAll(clientId);
    this.#onDropped({ reason: 'inbound-full', clientId });
  }
}
