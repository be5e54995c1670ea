import type {
  Exchange,
  Nameable,
  QueuedPacket,
  QueueKey,
  QueueTarget,
  StoredMessage,
} from '../../broker/store-port.ts';
import { bytesOf } from '../detach.ts';
import type { StoreDeps } from '../drop.ts';
import { exchangeRefused, type Lapse, lapseAt, queueRefused, storeRefused } from '../limits.ts';
import { deliveries } from '../memory/memory-queues.ts';
import type { StoreLimits } from '../schema.ts';
import { type DeliveryText, decodePacket, deliveryText, encodePacket, topicOfPacket } from './packet-codec.ts';
import type { Pipe } from './pipe.ts';
import { asBytes, asList, asNumber, noResult, type Reply, replyText, type WriteOperation } from './round-trip.ts';

/** A page of a replay; the first of the two that is reached ends it. */
const pageEntries = 256;
const pageBytes = 524_288;

interface Entry {
  readonly name: string;
  readonly delivery: DeliveryText;
  /** Packet identifier and, after PUBREC, an `r`; empty when it was not sent. */
  readonly state: string;
  readonly body: Buffer;
  readonly expiresAt: number | undefined;
  readonly queuedAt: number;
}

/** A replay under way: entries that are removed after their page was read are left out. */
interface Replay {
  readonly removed: Set<string>;
  isEnded: boolean;
}

/** The outgoing queues of all sessions; `script-queue.ts` says how they are kept. */
export class RedisQueues {
  readonly #pipe: Pipe;
  readonly #limits: StoreLimits;
  readonly #deps: StoreDeps;
  readonly #runId: string;
  readonly #replays = new Map<string, Set<Replay>>();
  #unnamed = 0;

  /** @param runId unique to this run of this node: names messages that have no identity */
  constructor(pipe: Pipe, options: { readonly limits: StoreLimits; readonly runId: string }, deps: StoreDeps) {
    this.#pipe = pipe;
    this.#limits = options.limits;
    this.#runId = options.runId;
    this.#deps = deps;
  }

  /**
   * Queues the message and opens the exchange; what its answer says is for `take`.
   * @returns undefined where there is neither a queue nor an exchange
   */
  operation(targets: readonly QueueTarget[], packet: StoredMessage, exchange?: Exchange): WriteOperation | undefined {
    const list = deliveries(targets, packet);
    if (list.size === 0 && exchange === undefined) return undefined;
    const names = new Map<string, string>();
    const args: string[] = [];
    for (const [clientId, delivery] of list) {
      const client = encodeURIComponent(clientId);
      names.set(client, clientId);
      args.push(client, deliveryText(delivery));
    }
    const name = nameOf(packet) ?? `${this.#runId}:${++this.#unnamed}`;
    const { messages, bytes, age, onFull } = this.#limits.queue;
    const head = [name, encodePacket(packet), packet.expiresAt ?? '', bytesOf(packet), this.#deps.now()];
    const { total, perSession } = this.#limits.exchanges;
    const opened = [exchange === undefined ? '' : encodeURIComponent(exchange.clientId), exchange?.packetId ?? ''];
    const limits = [messages, bytes, age ?? '', onFull, this.#limits.maxBytes];
    return {
      args: [...head, ...limits, ...opened, total, perSession, ...args],
      take: (letGo) => {
        for (const one of asList(letGo)) {
          const event = asList(one);
          if (replyText(event[0]) === 'exchange') this.#refuseExchange(exchange?.clientId ?? '');
          this.#report(names, packet, event);
        }
      },
    };
  }

  markSent(clientId: string, key: QueueKey, packetId: number): Promise<void> {
    return this.#pipe.write('SENT', [encodeURIComponent(clientId), keyOf(key), packetId], noResult);
  }

  /** Only the PUBREL is left of it. */
  markReceived(clientId: string, packetId: number): Promise<void> {
    return this.#pipe.write('RECEIVED', [encodeURIComponent(clientId), packetId], noResult);
  }

  settle(clientId: string, packetId: number): Promise<void> {
    return this.#pipe.write('SETTLED', [encodeURIComponent(clientId), packetId], (name) => {
      if (name !== null) this.#removed(clientId, replyText(name));
    });
  }

  discard(clientId: string, key: QueueKey): Promise<void> {
    const name = keyOf(key);
    return this.#pipe.write('DISCARD', [encodeURIComponent(clientId), name], (isRemoved) => {
      if (asNumber(isRemoved) === 1) this.#removed(clientId, name);
    });
  }

  /** Ends replays of the session. */
  ended(clientId: string): void {
    for (const replay of this.#replays.get(clientId) ?? []) replay.isEnded = true;
  }

  /**
   * What is queued at the time of the call, page by page as it is read: memory does not grow with the queue. Whoever asks
   * for it reads it.
   */
  replay(clientId: string): AsyncIterable<QueuedPacket> {
    const replay: Replay = { removed: new Set(), isEnded: false };
    const running = this.#replays.get(clientId);
    if (running === undefined) this.#replays.set(clientId, new Set([replay]));
    else running.add(replay);
    const last = this.#pipe.submit('LAST', encodeURIComponent(clientId));
    return this.#replay(clientId, replay, last);
  }

  async *#replay(clientId: string, replay: Replay, last: Promise<Reply>): AsyncGenerator<QueuedPacket, void> {
    try {
      yield* this.#entries(clientId, replay, last);
    } finally {
      this.#forget(clientId, replay);
    }
  }

  async *#entries(clientId: string, replay: Replay, last: Promise<Reply>): AsyncGenerator<QueuedPacket, void> {
    const client = encodeURIComponent(clientId);
    const end = replyText(await last);
    let from = '-';
    while (end !== '' && !replay.isEnded) {
      const page = asList(await this.#pipe.submit('PAGE', client, from, end, pageEntries, pageBytes));
      const entries = asList(page[1]);
      if (entries.length === 0) return;
      from = `(${replyText(page[0])}`;
      for (const fields of entries) {
        const entry = toEntry(asList(fields));
        if (replay.isEnded || replay.removed.has(entry.name)) continue;
        const lapse = this.#lapseOf(entry);
        if (lapse === undefined) yield toPacket(entry);
        else await this.#remove(clientId, entry, lapse);
      }
      replay.removed.clear(); // the next page does not have them
      if (from === `(${end}`) return;
    }
  }

  /** A message that was sent before goes on to its end, expired or not. [MQTT-3.3.2-5] */
  #lapseOf(entry: Entry): Lapse | undefined {
    return entry.state === '' ? lapseAt(this.#deps.now(), entry, this.#limits.queue.age) : undefined;
  }

  async #remove(clientId: string, { name, body }: Entry, reason: Lapse): Promise<void> {
    const isRemoved = await this.#pipe.submit('DISCARD', encodeURIComponent(clientId), name);
    if (asNumber(isRemoved) === 1) this.#deps.onDropped({ reason, clientId, topic: topicOfPacket(body) });
  }

  /** Replays that have read it leave it out. */
  #removed(clientId: string, name: string): void {
    for (const replay of this.#replays.get(clientId) ?? []) replay.removed.add(name);
  }

  #refuseExchange(clientId: string): never {
    this.#deps.onDropped({ reason: 'exchanges-full', clientId });
    throw exchangeRefused(clientId, this.#limits.exchanges);
  }

  #forget(clientId: string, replay: Replay): void {
    const running = this.#replays.get(clientId);
    running?.delete(replay);
    if (running?.size === 0) this.#replays.delete(clientId);
  }

  #report(names: ReadonlyMap<string, string>, packet: StoredMessage, event: readonly Reply[]): void {
    const [reason, clientId] = [replyText(event[0]), names.get(replyText(event[1])) ?? ''];
    if (reason === 'full') {
      this.#deps.onDropped({ reason: 'refused', topic: packet.topic });
      throw storeRefused(this.#limits);
    }
    if (reason === 'refused') {
      this.#deps.onDropped({ reason, clientId, topic: packet.topic });
      throw queueRefused(clientId, this.#limits.queue);
    }
    const body = asBytes(event[2]);
    const topic = body === undefined || body.length === 0 ? {} : { topic: topicOfPacket(body) };
    const known = reason === 'expired' || reason === 'too-old' ? reason : 'queue-full';
    this.#deps.onDropped({ reason: known, clientId, ...topic });
  }
}

/** The identity of a message, as the package writes it; without spaces. */
const keyOf = ({ runId, counter }: QueueKey): string => `${encodeURIComponent(runId)}:${counter}`;

const nameOf = ({ runId, counter }: Nameable): string | undefined =>
  runId === undefined || counter === undefined ? undefined : keyOf({ runId, counter });

function toEntry([name, delivery, state, body, expiry, queuedAt]: readonly Reply[]): Entry {
  const until = replyText(expiry);
  return {
    name: replyText(name),
    delivery: replyText(delivery),
    state: replyText(state),
    body: asBytes(body) ?? Buffer.alloc(0),
    expiresAt: until === '' ? undefined : Number(until),
    queuedAt: Number(replyText(queuedAt)),
  };
}

function toPacket({ delivery, state, body }: Entry): QueuedPacket {
  const messageId = /^\d/.test(state) ? Number.parseInt(state, 10) : undefined;
  if (state.endsWith('r')) return { cmd: 'pubrel', packetId: messageId ?? 0 };
  return decodePacket(body, delivery, messageId);
}
